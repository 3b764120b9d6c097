import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPocketTraining } from "@loramill/backends";
import type { RgbImage, TrainingRequest } from "@loramill/contracts";
import { checkLora, readSafetensors } from "@loramill/lora";
import { openPocketEngine } from "@loramill/pocket";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import { backendContext, pollTraining, solidPictures } from "@loramill/testkit";
import { afterAll, describe, expect, it } from "vitest";

const SIDE = 64;
const clock = { now: () => new Date() };
const prepareImage = async (rgb: Uint8Array): Promise<RgbImage> => ({ width: SIDE, height: SIDE, rgb });
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A trainer process of its own: its own engine thread, the store of the folder. */
async function openProcess(folder: string, turnSeconds: number) {
  const stores = await openStores({ url: folder, sync: "never" });
  const engine = await openPocketEngine();
  cleanups.push(stores.close, engine.close);
  const backend = createPocketTraining({ engine, stores, clock, prepareImage, turnSeconds });
  const images = await Promise.all(
    solidPictures(
      [
        [200, 30, 30],
        [30, 30, 200],
        [220, 210, 40],
      ],
      SIDE,
    ).map(async ({ rgb, caption }) => ({
      image: await stores.blobs.put(rgb, { mediaType: "application/octet-stream" }),
      width: SIDE,
      height: SIDE,
      caption: `sks, ${caption}`,
    })),
  );
  const recipe = { ...presets.pocket, steps: 10, batchSize: 2, warmupSteps: 2, saveEverySteps: 4 };
  const request: TrainingRequest = {
    marker: "int",
    backendVersion: "pocket",
    name: "int",
    triggerWord: "sks",
    recipe,
    images,
    metadata: {},
  };
  return { stores, backend, request };
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "train-pocket-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("the pocket training backend on the real engine", () => {
  it("gives the same losses and the same LoRA when it is stopped and goes on in another process", async () => {
    const whole = await openProcess(await makeFolder(), 60);
    const { remoteId } = await whole.backend.submit(whole.request, backendContext());
    expect((await pollTraining(whole.backend, remoteId, whole.request)).at(-1)?.kind).toBe("succeeded");
    const expected = await whole.backend.collect(remoteId, whole.request, backendContext());

    const folder = await makeFolder();
    const first = await openProcess(folder, 0.001);
    await first.backend.submit(first.request, backendContext());
    await pollTraining(first.backend, remoteId, first.request, { turns: 3 });
    const second = await openProcess(folder, 60);
    const statuses = await pollTraining(second.backend, remoteId, second.request, { fromEpoch: 9 });
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    const collected = await second.backend.collect(remoteId, second.request, backendContext());

    expect(collected.curve).toEqual(expected.curve);
    expect(collected.curve.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(collected.tensorsSha256).toBe(expected.tensorsSha256);
    expect(checkLora(readSafetensors(await second.stores.blobs.read(collected.weights)))).toEqual([]);
  }, 400_000);
});
