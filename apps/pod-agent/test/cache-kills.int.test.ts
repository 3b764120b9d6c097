import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheLayout, sha256Hex } from "@loramill/contracts";
import { waitUntil } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../src/cache/disk.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PIECE = 16 * 1024;

/** A folder and a slow server of one file, which notes from where on it was asked for. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), "cache-kills-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const content = randomBytes(8_000_000);
  const sha256 = sha256Hex(content);
  const starts: number[] = [];
  const server = createServer(async (request, response) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    starts.push(start);
    const headers = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      ...(start > 0 ? headers : {}),
      "content-length": content.length - start,
    });
    for (let at = start; at < content.length && !response.destroyed; at += PIECE) {
      response.write(content.subarray(at, at + PIECE));
      await delay(2);
    }
    response.end();
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;

  function run(owner: string): { readonly child: ChildProcess; readonly ended: Promise<string | null> } {
    const script = join(import.meta.dirname, "run-cache.ts");
    const args = [script, folder, owner, url, sha256, String(content.length)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.push(async () => child.kill("SIGKILL"));
    let printed = "";
    child.stdout?.on("data", (chunk) => {
      printed += chunk;
    });
    const ended = new Promise<string | null>((resolve) =>
      child.once("close", (code) => resolve(code === 0 ? printed.trim() : null)),
    );
    return { child, ended };
  }
  /** Bytes of the file that are on the disk. */
  const written = async () => (await nodeDisk.facts(join(folder, cacheLayout.part(sha256))))?.bytes ?? 0;
  return { sha256, starts, written, run };
}

describe("a cache under kill -9", () => {
  it("goes on where it was killed, and has the file in the end", async () => {
    const { sha256, starts, written, run } = await open();
    for (let kill = 1; kill <= 4; kill += 1) {
      const before = await written();
      const { child, ended } = run("one");
      await waitUntil("it has fetched a little more", async () => (await written()) > before);
      child.kill("SIGKILL");
      await ended;
    }
    const path = await run("one").ended;
    expect(sha256Hex(await readFile(path ?? ""))).toBe(sha256);
    expect(starts).toHaveLength(5);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(0);
  }, 240_000);

  it("fetches once for processes that share a folder", async () => {
    const { sha256, starts, run } = await open();
    const paths = await Promise.all(["one", "two", "three"].map((owner) => run(owner).ended));
    expect(new Set(paths).size).toBe(1);
    expect(sha256Hex(await readFile(paths[0] ?? ""))).toBe(sha256);
    expect(starts).toEqual([0]);
  }, 240_000);
});
