import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { onePicture } from "../test/one-picture.ts";
import { openAgent } from "./agent.ts";
import { jobPlace } from "./job-place.ts";
import type { AgentSettings } from "./settings.ts";

/** Settings of an agent in a folder of its own. */
async function makeSettings(): Promise<AgentSettings> {
  const workspace = await mkdtemp(join(tmpdir(), "agent-"));
  onTestFinished(() => rm(workspace, { recursive: true, force: true }));
  return {
    ...{ workspace, trainers: { "sd-scripts": { folder: workspace, python: "python" } }, maxJobs: 2 },
    ...{ cacheFolder: join(workspace, "cache"), cacheBytes: 1e9, partBytes: 1_000 },
    ...{ tickMs: 20, quietMs: 30, stallMs: 60_000, killMs: 1_000, onLeaseLost: null, environment: {} },
  };
}

/** A training that waits for the URL of its picture, which nobody gives. */
const waiting = onePicture({ expiresSeconds: 60, reads: {}, writes: [] });

it("is closed only when a training that was being started has ended too", async () => {
  const agent = await openAgent(await makeSettings());
  const started = agent.start(waiting);
  // It has begun to make the folder.
  await Promise.resolve();
  await agent.close();
  expect(agent.work()).toMatchObject({ taken: 1, active: 0 });
  await started;
  expect((await agent.find("one")).state).toBe("preempted");
});

it("leaves its workspace to the next when it cannot read what it finds there", async () => {
  const settings = await makeSettings();
  const first = await openAgent(settings);
  const { id } = await first.start(waiting);
  await first.close();
  const broken = jobPlace(settings.workspace, "zzz");
  await mkdir(broken.folder);
  for (const file of [broken.state, broken.start]) await writeFile(file, "{}");
  await expect(openAgent(settings)).rejects.toThrow();
  await rm(broken.folder, { recursive: true });
  const next = await openAgent(settings);
  expect(next.work()).toMatchObject({ taken: 1, active: 0 });
  expect((await next.find("one")).id).toBe(id);
  await next.close();
});

it("does not open where its cache cannot be written, says which variable to set, and leaves its workspace to the next", async () => {
  const settings = await makeSettings();
  const file = join(settings.workspace, "no folder");
  await writeFile(file, "");
  const broken = { ...settings, cacheFolder: join(file, "cache") };
  await expect(openAgent(broken)).rejects.toThrow(`AGENT_CACHE_DIR: ${broken.cacheFolder} cannot be written (ENOTDIR)`);
  await expect(openAgent({ ...settings, workspace: join(file, "work") })).rejects.toThrow("AGENT_WORKSPACE: ");
  await (await openAgent(settings)).close();
});

it("tries to give the machine back until it has work again", async () => {
  const settings = await makeSettings();
  const tries = join(settings.workspace, "tries");
  const command = ["sh", "-c", `echo again >> "${tries}"; exit 22`] as const;
  const onLeaseLost = { command, environment: { PATH: process.env.PATH ?? "" } };
  const agent = await openAgent({ ...settings, onLeaseLost, giveBackPauseMs: 20 });
  onTestFinished(() => agent.close());
  const tried = async () => (await readFile(tries, "utf8").catch(() => "")).length;
  await agent.start({ ...waiting, leaseSeconds: 1 });
  await expect.poll(tried, { timeout: 60_000 }).toBeGreaterThan("again\n".length * 3);
  expect((await agent.find("one")).state).toBe("preempted");

  await agent.start({ ...waiting, marker: "two" });
  let before = -1;
  // The try that was under way may still write.
  const isQuiet = async () => {
    const was = before;
    before = await tried();
    return before === was;
  };
  await expect.poll(isQuiet, { timeout: 60_000, interval: 500 }).toBe(true);
}, 120_000);
