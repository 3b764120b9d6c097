import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@loramill/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = join(import.meta.dirname, "../../test/idle-worker.ts");

describe("runWorker", () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "loramill-worker-"));
    await chmod(folder, 0o755); // as root, the database's user must be able to pass
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (over: Record<string, string> = {}) => {
    const port = await freePort();
    const env = { PATH: process.env.PATH, DATA_DIR: folder, METRICS_PORT: String(port), ...over };
    const child = spawn(process.execPath, [program], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    const output: string[] = [];
    child.stderr?.setEncoding("utf8").on("data", (text: string) => output.push(text));
    // "close" and not "exit": only then has all been read that the process said at its end.
    return { child, url: `http://127.0.0.1:${port}`, exit: once(child, "close"), output: () => output.join("") };
  };

  it("starts an embedded mill, tells probes that it is ready, and ends by itself when asked to", async () => {
    const { child, url, exit, output } = await start();
    await ready(url, output);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("loramill_turns_total");
    child.kill("SIGTERM");
    expect(await exit, output()).toEqual([0, null]);
    expect(output()).toContain("embedded Postgres stopped");
  });

  it("shares the embedded Postgres with a second process, and the last one stops it", async () => {
    const [one, two] = [await start(), await start()];
    await Promise.all([ready(one.url, one.output), ready(two.url, two.output)]);
    one.child.kill("SIGTERM");
    expect(await one.exit, one.output()).toEqual([0, null]);
    expect((await fetch(`${two.url}/readyz`)).status).toBe(200);
    two.child.kill("SIGINT");
    expect(await two.exit, two.output()).toEqual([0, null]);
    expect(two.output()).toContain("embedded Postgres stopped");
  });

  it("is not started by a wrong configuration, and names all of it without its values", async () => {
    const { exit, output } = await start({ QUEUE_URL: "hunter2://queue", DATABASE_POOL_SIZE: "few" });
    expect(await exit).toEqual([2, null]);
    expect(output()).toMatch(/DATABASE_POOL_SIZE/);
    expect(output()).toMatch(/QUEUE_URL: must start with redis/);
    expect(output()).not.toContain("hunter2");
  });

  it("fails with the reason when the catalog cannot be reached", async () => {
    const port = await freePort();
    const { exit, output } = await start({ DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${port}/mill` });
    expect(await exit).toEqual([1, null]);
    expect(output()).toContain("ECONNREFUSED");
    expect(output()).not.toContain("hunter2");
  });
});

async function ready(url: string, output: () => string): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (performance.now() < deadline) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(50);
  }
  throw new Error(`not ready in time:\n${output()}`);
}
