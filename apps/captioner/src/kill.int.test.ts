import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "@loramill/storage";
import { preparedPicture, startFakeReplicateServer, waitUntil } from "@loramill/testkit";
import { expect, it } from "vitest";

const IMAGES = 64;
const CHILD = join(import.meta.dirname, "../test/caption-child.ts");

it("pays for no prediction twice when the worker is killed three times in the middle of a batch", async () => {
  const folder = await mkdtemp(join(tmpdir(), "caption-kill-"));
  const stores = await openStores({ url: folder });
  const server = await startFakeReplicateServer({ token: "r8_test" });
  try {
    const images = await Promise.all(
      Array.from({ length: IMAGES }, async (_, index) => {
        const path = `${index}.png`;
        const blob = await stores.blobs.put(new TextEncoder().encode(path), { mediaType: "image/png" });
        const crop = { left: 0, top: 0, width: 64, height: 64 };
        return preparedPicture(path, {
          original: blob,
          prepared: { blob, width: 64, height: 64, crop, upscaled: false },
        });
      }),
    );
    const part = await stores.documents.put("dataset-part", { images });
    const start = () =>
      spawn(process.execPath, [CHILD, folder, part, server.url], { stdio: ["ignore", "pipe", "inherit"] });

    for (const enough of [5, 20, 40]) {
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
    expect(await once(last, "exit")).toEqual([0, null]);

    const { digest, items } = JSON.parse(said) as { digest: string; items: number };
    expect(items).toBe(IMAGES);
    expect(server.created.length).toBe(IMAGES);
    const { captions } = await stores.documents.get("captions", digest);
    expect(new Set(captions.map(({ text }) => text)).size).toBe(IMAGES);
  } finally {
    await server.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  }
});
