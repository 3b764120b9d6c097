import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestServer } from "@loramill/catalog/testing";
import { openStores } from "@loramill/storage";
import { startFakeVisionServer } from "@loramill/testkit";
import { expect, it } from "vitest";
import { writeTrialPart } from "../test/trial-part.ts";

const CHILD = join(import.meta.dirname, "../test/caption-child.ts");
const IMAGES_EACH = 40;
const PER_SECOND = 20;
const AT_ONCE = 3;

it("two workers together ask an endpoint no more often, and no more at once, than it allows", async () => {
  const folder = await mkdtemp(join(tmpdir(), "caption-limits-"));
  const stores = await openStores({ url: folder });
  const postgres = await startTestServer();
  const server = await startFakeVisionServer({ answerMs: 100 });
  try {
    const { url: database } = await postgres.open();
    const openai = {
      url: server.url,
      apiKey: null,
      model: "llava",
      timeoutMs: 60_000,
      concurrency: 16,
      requestsPerMinute: PER_SECOND * 60,
      atOnce: AT_ONCE,
      inputUsdPerMillionTokens: 0,
      outputUsdPerMillionTokens: 0,
    };
    const exits = await Promise.all(
      ["one", "two"].map(async (name) => {
        const part = await writeTrialPart(stores, IMAGES_EACH, name);
        const child = spawn(process.execPath, [CHILD, folder, part, JSON.stringify({ openai }), database], {
          stdio: ["ignore", "ignore", "inherit"],
        });
        return once(child, "exit");
      }),
    );
    expect(exits).toEqual([
      [0, null],
      [0, null],
    ]);

    expect(server.asked).toHaveLength(2 * IMAGES_EACH);
    expect(server.mostAtOnce).toBeLessThanOrEqual(AT_ONCE);
    const inOneSecond = server.askedAt.map(
      (from) => server.askedAt.filter((at) => at >= from && at < from + 1_000).length,
    );
    // Each may be late with what it was granted for half a second, on a machine that is busy with other things.
    expect(Math.max(...inOneSecond)).toBeLessThanOrEqual(PER_SECOND * 1.5 + 1);
    const seconds = ((server.askedAt.at(-1) ?? 0) - (server.askedAt[0] ?? 0)) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual((2 * IMAGES_EACH - 1) / PER_SECOND - 0.5);
  } finally {
    await server.close();
    await postgres.stop();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
