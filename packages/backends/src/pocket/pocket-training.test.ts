import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkpointsOfJob,
  neutralRecipe,
  type Recipe,
  type RgbImage,
  type Stores,
  type TrainingRequest,
} from "@loramill/contracts";
import { checkLora, readSafetensors } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import {
  backendContext,
  createFakePocketEngine,
  type FakePocketOptions,
  pollTraining,
  runTrainingBackendSuite,
  solidPictures,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createPocketTraining } from "./pocket-training.ts";

const SIDE = 16;
const recipe: Recipe = {
  ...neutralRecipe,
  family: "pocket",
  baseModel: "pocket",
  rank: 1,
  alpha: 1,
  learningRate: 0.02,
  batchSize: 2,
  steps: 40,
  resolution: SIDE,
  warmupSteps: 1,
  scheduler: "linear",
  captionDropout: 0,
  horizontalFlip: false,
  saveEverySteps: 10,
  seed: 7,
};

const clock = { now: () => new Date() };
/** Raw pixels stand for encoded pictures here: decoding belongs to imaging. */
const prepareImage = async (rgb: Uint8Array, side: number): Promise<RgbImage> => ({ width: side, height: side, rgb });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(options: FakePocketOptions & { readonly turnSeconds?: number; readonly folder?: string } = {}) {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "pocket-training-")));
  const stores = await openStores({ url: folder, sync: "never" });
  const cleanup = async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  };
  const pictures = solidPictures(
    [
      [200, 30, 30],
      [180, 60, 20],
      [220, 10, 50],
    ],
    SIDE,
  );
  const images = await Promise.all(
    pictures.map(async ({ rgb, caption }) => ({
      image: await stores.blobs.put(rgb, { mediaType: "application/octet-stream" }),
      width: SIDE,
      height: SIDE,
      caption,
    })),
  );
  const request: TrainingRequest = {
    backendVersion: "pocket/1:test",
    marker: "job-1",
    name: "red things",
    triggerWord: "sks",
    recipe,
    images,
    metadata: { "modelspec.title": "red things" },
  };
  const engine = createFakePocketEngine(options);
  // A turn of no time at all still commits one segment: many short turns in little time.
  const make = (given = engine, through: Stores = stores) =>
    createPocketTraining({
      engine: given,
      stores: through,
      clock,
      prepareImage,
      turnSeconds: options.turnSeconds ?? 0.000_1,
    });
  return { folder, stores, engine, request, backend: make(), make, cleanup };
}

async function openForTest(options: Parameters<typeof open>[0] = {}) {
  const opened = await open(options);
  cleanups.push(opened.cleanup);
  return opened;
}

runTrainingBackendSuite("pocket", async () => {
  const { backend, request, stores, make, cleanup } = await open();
  return {
    backend,
    request,
    reopen: async (crash) => make(createFakePocketEngine(), crash?.stores(stores)),
    hasObjects: async (prefix) => {
      for await (const _ of stores.objects.list(prefix)) return true;
      return false;
    },
    knowsMarkers: true,
    close: cleanup,
  };
});

describe("createPocketTraining", () => {
  const keysOf = async (stores: Awaited<ReturnType<typeof open>>["stores"], ending: string) => {
    const keys: string[] = [];
    for await (const { key } of stores.objects.list(checkpointsOfJob(backendContext().job)))
      if (key.endsWith(ending)) keys.push(key);
    return keys;
  };

  it("exports a sound LoRA whose metadata names the training and holds no path", async () => {
    const { backend, request, stores, folder } = await openForTest({ turnSeconds: 60 });
    const { remoteId } = await backend.submit(request, backendContext());
    const [status] = await pollTraining(backend, remoteId, request);
    expect(status?.kind).toBe("succeeded");
    const { weights, tensorsSha256, finalLoss } = await backend.collect(remoteId, request, backendContext());
    const file = readSafetensors(await stores.blobs.read(weights));
    expect(checkLora(file)).toEqual([]);
    expect(file.metadata.get("modelspec.title")).toBe("red things");
    expect(file.metadata.get("modelspec.hash_sha256")).toBe(`0x${tensorsSha256}`);
    expect(finalLoss).toBeLessThan(0.1);
    expect([...file.metadata.values()].join()).not.toContain(folder);
  });

  it("commits at every save point and keeps the last two checkpoints", async () => {
    const { backend, request, stores } = await openForTest({ turnSeconds: 60 });
    const { remoteId } = await backend.submit(request, backendContext());
    const [status] = await pollTraining(backend, remoteId, request);
    if (status?.kind !== "succeeded") throw new Error("it should succeed in one turn");
    expect(status.checkpoints.map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    expect(status.charges.length).toBe(4);
    expect((await keysOf(stores, "COMMITTED.json")).map((key) => Number(key.split("/")[3]))).toEqual([30, 40]);
  });

  it("passes over a checkpoint that is broken and one that was never committed", async () => {
    const { backend, request, stores } = await openForTest({});
    const { remoteId } = await backend.submit(request, backendContext());
    let steps = 0;
    for (let epoch = 2; steps < 20; epoch += 1) {
      const status = await backend.poll(remoteId, request, backendContext({ epoch }));
      if (status.kind === "running") steps = status.progress.step;
    }
    const states = await keysOf(stores, "state.bin");
    await stores.objects.put(states.at(-1) ?? "", new TextEncoder().encode("torn"));
    await stores.objects.put(`${checkpointsOfJob(backendContext().job)}99/000000035/state.bin`, new Uint8Array(3));
    const statuses = await pollTraining(backend, remoteId, request, { fromEpoch: 200 });
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    const { curve } = await backend.collect(remoteId, request, backendContext());
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it("does not go on from a checkpoint of another recipe", async () => {
    const { backend, request, engine } = await openForTest({ turnSeconds: 60 });
    const { remoteId } = await backend.submit(request, backendContext());
    await pollTraining(backend, remoteId, request);
    const other = { ...request, recipe: { ...recipe, seed: 8 } };
    await pollTraining(backend, remoteId, other, { fromEpoch: 50 });
    expect(engine.work.steps).toBe(80);
  });

  it("loses at most one turn with a worker, and the lineage says from where it went on", async () => {
    let kill = false;
    const opened = await openForTest({
      turnSeconds: 60,
      afterStep: (step) => {
        if (kill && step === 25) throw new Error("killed");
      },
    });
    const { backend, request, make } = opened;
    const { remoteId } = await backend.submit(request, backendContext());
    kill = true;
    await expect(backend.poll(remoteId, request, backendContext({ epoch: 2 }))).rejects.toThrow("killed");
    const engine = createFakePocketEngine();
    const after = make(engine);
    const [status] = await pollTraining(after, remoteId, request, { fromEpoch: 3 });
    expect(status?.kind).toBe("succeeded");
    expect(engine.work.steps).toBe(20);
    expect((await after.collect(remoteId, request, backendContext())).resumedFromSteps).toEqual([20]);
  });

  it("commits what it has when its signal aborts in the middle of a segment", async () => {
    const abort = new AbortController();
    const { backend, request } = await openForTest({
      turnSeconds: 60,
      afterStep: (step) => (step === 13 ? abort.abort() : undefined),
    });
    const { remoteId } = await backend.submit(request, backendContext());
    const status = await backend.poll(remoteId, request, backendContext({ epoch: 2, signal: abort.signal }));
    if (status.kind !== "running") throw new Error(`unexpected ${status.kind}`);
    expect(status.progress.step).toBe(13);
    expect(status.checkpoints.map(({ step }) => step)).toEqual([10, 13]);
  });

  it("stops with code diverged when the loss is no longer a number, and keeps the checkpoint before", async () => {
    const { backend, request, stores } = await openForTest({ turnSeconds: 60, divergesAtStep: 15 });
    const { remoteId } = await backend.submit(request, backendContext());
    await expect(backend.poll(remoteId, request, backendContext({ epoch: 2 }))).rejects.toMatchObject({
      code: "diverged",
      details: { step: 15 },
    });
    expect((await keysOf(stores, "COMMITTED.json")).length).toBe(1);
  });

  it("gets on even when one step takes longer than a turn", async () => {
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const { backend, request } = await openForTest({ turnSeconds: 0.001, afterStep: slow });
    const { remoteId } = await backend.submit(request, backendContext());
    const statuses = await pollTraining(backend, remoteId, request, { turns: 3 });
    expect(statuses.map((status) => (status.kind === "running" ? status.progress.step : -1))).toEqual([1, 2, 3]);
  });
});
