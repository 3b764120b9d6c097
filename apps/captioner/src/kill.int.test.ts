import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestServer } from "@loramill/catalog/testing";
import { openStores } from "@loramill/storage";
import { startFakeReplicateServer, waitUntil } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { writeTrialPart } from "../test/trial-part.ts";

const IMAGES = 64;
const CHILD = join(import.meta.dirname, "../test/caption-child.ts");

it("pays for no prediction twice when the worker is killed three times in the middle of a batch, and gets its slots back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "caption-kill-"));
  const stores = await openStores({ url: folder });
  const postgres = await startTestServer();
  const server = await startFakeReplicateServer({ token: "r8_test" });
  try {
    const { url: database } = await postgres.open();
    const part = await writeTrialPart(stores, IMAGES, "picture");
    const replicate = {
      token: "r8_test",
      url: server.url,
      model: "andreasjansson/blip-2",
      timeoutMs: 60_000,
      concurrency: 16,
      requestsPerMinute: 6_000,
      // Three killed workers hold them all: the last one must outlive their leases.
      atOnce: 40,
      usdPerSecond: 0.001,
    };
    const start = () => {
      const child = spawn(process.execPath, [CHILD, folder, part, JSON.stringify({ replicate }), database], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child;
    };

    // Few enough that none is done with the rest before it is killed, however much comes between two looks.
    for (const enough of [5, 15, 25]) {
      const child = start();
      const ended = once(child, "exit");
      await waitUntil(`${enough} predictions`, () => server.created.length >= enough, { timeoutMs: 60_000 });
      child.kill("SIGKILL");
      await ended;
      expect(server.created.length).toBeLessThan(IMAGES);
    }
    const last = start();
    let said = "";
    last.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    // With `exit` its last words may still be on their way.
    expect(await once(last, "close")).toEqual([0, null]);

    const { digest, items } = JSON.parse(said) as { digest: string; items: number };
    expect(items).toBe(IMAGES);
    expect(server.created.length).toBe(IMAGES);
    const { captions } = await stores.documents.get("captions", digest);
    expect(new Set(captions.map(({ text }) => text)).size).toBe(IMAGES);
  } finally {
    await server.close();
    await postgres.stop();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
