import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPocketTraining } from "@loramill/backends";
import {
  type DatasetManifest,
  type Digest,
  type InputOf,
  type JobContext,
  Parked,
  type PreparedImage,
  type RgbImage,
  type TrainingBackend,
  TransientError,
} from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import {
  createFakePocketEngine,
  driveJob,
  type FakePocketOptions,
  fakeJobContext,
  solidPictures,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

const SIDE = 16;
const clock = { now: () => new Date() };
const prepareImage = async (rgb: Uint8Array): Promise<RgbImage> => ({ width: SIDE, height: SIDE, rgb });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Setup extends FakePocketOptions {
  readonly ownCaptions?: readonly (string | undefined)[];
  readonly gate?: "pass" | "warn" | "block";
  readonly captions?: readonly string[] | null;
  readonly turnSeconds?: number;
  readonly wrap?: (backend: TrainingBackend) => TrainingBackend;
}

async function open(setup: Setup = {}) {
  const folder = await mkdtemp(join(tmpdir(), "trainer-"));
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const pictures = solidPictures(
    [
      [200, 30, 30],
      [180, 60, 20],
    ],
    SIDE,
  );
  const images: PreparedImage[] = [];
  for (const [i, { rgb }] of pictures.entries()) {
    const blob = await stores.blobs.put(rgb, { mediaType: "image/png" });
    const own = setup.ownCaptions?.[i];
    images.push({
      path: `${i}.png`,
      original: blob,
      width: SIDE,
      height: SIDE,
      format: "png",
      hashes: { pixels: blob.sha256, phash: "0".repeat(16), phashMirrored: "0".repeat(16), dhash: "0".repeat(16) },
      quality: {
        sharpness: 1,
        brightness: 1,
        contrast: 1,
        clippedShadows: 0,
        clippedHighlights: 0,
        colourfulness: 1,
        entropyBits: 1,
      },
      content: { palette: [], background: null, keywords: [] },
      prepared: {
        blob,
        width: SIDE,
        height: SIDE,
        crop: { left: 0, top: 0, width: SIDE, height: SIDE },
        upscaled: false,
      },
      ...(own === undefined ? {} : { caption: { text: own, origin: `${i}.txt` } }),
    });
  }
  const part = await stores.documents.put("dataset-part", { images });
  const manifest: DatasetManifest = {
    format: "loramill-dataset/1",
    name: "reds",
    parts: [part],
    statistics: {
      found: 2,
      kept: 2,
      refused: 0,
      dropped: {},
      captions: { existing: 0, coverage: 0 },
      sizes: {},
      formats: {},
      originalBytes: 0,
      preparedBytes: 0,
    },
    gates: [{ gate: "no-captions", verdict: setup.gate ?? "pass", message: "" }],
    dropped: [],
    refused: [],
  };
  const dataset = await stores.documents.put("dataset", manifest);
  let caption: Digest | undefined;
  if (setup.captions !== null) {
    const written = (setup.captions ?? ["sks, a red thing", "sks, an orange thing"]).map((text, i) => ({
      image: images[i]?.original.sha256 ?? "",
      path: `${i}.png`,
      text,
      provider: "describe/1",
      raw: text,
    }));
    caption = await stores.documents.put("parts", {
      parts: [await stores.documents.put("captions", { captions: written, refused: [] })],
    });
  }
  const engine = createFakePocketEngine(setup);
  const pocket = createPocketTraining({
    engine,
    stores,
    clock,
    prepareImage,
    turnSeconds: setup.turnSeconds ?? 0.000_1,
  });
  const backend = setup.wrap?.(pocket) ?? pocket;
  const recipe = { ...presets.pocket, resolution: SIDE, steps: 30, saveEverySteps: 10, learningRate: 0.02 };
  const input: InputOf<"train-lora"> = {
    inputs: { dataset, ...(caption === undefined ? {} : { caption }) },
    params: { name: "reds", backend: "pocket", backendVersion: await pocket.version(), triggerWord: "sks", recipe },
  };
  const deps = { stores, backends: [backend], requests: createRequestLoader(stores) };
  const train = (given: typeof input, ctx: JobContext) => trainLora(given, deps, ctx);
  return { stores, engine, backend, input, train };
}

describe("trainLora", () => {
  it("goes from a dataset to a published, loadable LoRA in short turns", async () => {
    const { stores, input, train, engine } = await open();
    const { output, said, turns } = await driveJob((ctx) => train(input, ctx));
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(engine.work.steps).toBe(30);
    expect(output).toMatchObject({ shape: "part", items: 1, summary: { loras: 1, steps: 30 } });
    const lora = await stores.documents.get("lora", output.digest);
    expect(lora).toMatchObject({
      name: "reds",
      family: "pocket",
      triggerWord: "sks",
      images: 2,
      steps: 30,
      deviations: [],
      dataset: input.inputs.dataset,
    });
    expect(lora.curve.length).toBe(30);
    const file = readSafetensors(await stores.blobs.read(lora.weights));
    expect(file.metadata.get("loramill.dataset")).toBe(input.inputs.dataset);
    expect(file.metadata.get("ss_network_dim")).toBe("8");
    const kinds = said.records.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "checkpoint").length).toBeGreaterThanOrEqual(3);
    expect(kinds.at(-1)).toBe("lora");
    expect(said.charges.every(({ kind, supplier }) => kind === "training" && supplier === "pocket")).toBe(true);
    const percents = said.progress.map(({ percent }) => Number(percent));
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(said.progress.at(-1)).toMatchObject({ step: 30, total: 30, percent: 100, etaSeconds: 0 });
    expect(said.progress.at(-1)?.averageLoss).toEqual(expect.any(Number));
  });

  it("gives the same LoRA when a worker is lost in the middle", async () => {
    const first = await open();
    const whole = await driveJob((ctx) => first.train(first.input, ctx));
    let alive = true;
    const second = await open({
      turnSeconds: 60,
      afterStep: (step) => {
        if (alive && step === 15) throw new Error("killed");
      },
    });
    let turn: Parked | null = null;
    for (;;) {
      try {
        turn = (await second.train(second.input, fakeJobContext({ turn: turn?.turn ?? null, epoch: 5 }))) as Parked;
      } catch {
        break;
      }
    }
    alive = false;
    const { output } = await driveJob((ctx) => second.train(second.input, ctx), {
      turn: turn?.turn ?? null,
      fromEpoch: 9,
    });
    const [a, b] = [
      await first.stores.documents.get("lora", whole.output.digest),
      await second.stores.documents.get("lora", output.digest),
    ];
    expect(b.tensorsSha256).toBe(a.tensorsSha256);
    expect(b.curve).toEqual(a.curve);
    expect(b.resumedFromSteps).toEqual([10]);
    expect(second.engine.work.steps).toBe(35);
  });

  it("uses captions that came with the pictures when no caption step ran", async () => {
    const { input, train, stores } = await open({ captions: null, ownCaptions: ["a red thing", undefined] });
    const { output } = await driveJob((ctx) => train(input, ctx));
    expect((await stores.documents.get("lora", output.digest)).images).toBe(2);
  });

  it("refuses to train without any caption unless the dataset's gate allowed it", async () => {
    const blocked = await open({ captions: null, gate: "block" });
    await expect(blocked.train(blocked.input, fakeJobContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "no-captions",
    });
    const refused = await open({ captions: [] });
    await expect(refused.train(refused.input, fakeJobContext())).rejects.toMatchObject({ code: "no-captions" });
    const allowed = await open({ captions: null, gate: "warn" });
    expect(await allowed.train(allowed.input, fakeJobContext())).toBeInstanceOf(Parked);
  });

  it("refuses a recipe that the backend cannot train, and a backend that is not the planned one", async () => {
    const { input, train } = await open();
    const odd = { ...input, params: { ...input.params, recipe: { ...input.params.recipe, resolution: 1000 } } };
    await expect(train(odd, fakeJobContext())).rejects.toMatchObject({ errorClass: "user", code: "impossible-recipe" });
    const older = { ...input, params: { ...input.params, backendVersion: "pocket/0:x" } };
    await expect(train(older, fakeJobContext())).rejects.toMatchObject({ code: "backend-changed" });
    const other = { ...input, params: { ...input.params, backend: "comfyui" } };
    await expect(train(other, fakeJobContext())).rejects.toMatchObject({
      code: "backend-missing",
      message: expect.stringContaining("pocket"),
    });
  });

  it("passes a cancel on to the backend, at the start of a turn and in the middle of one", async () => {
    const { input, train, backend } = await open();
    const parked = (await train(input, fakeJobContext())) as Parked;
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toMatchObject({ code: "cancelled" });
    expect(ctx.said.events.at(-1)).toMatchObject({ type: "training.cancelled", data: { answer: "cancelled" } });

    const context = {
      job: ctx.job,
      epoch: 3,
      signal: new AbortController().signal,
      onProgress: () => {},
      onLog: () => {},
    };
    const remoteId = String(parked.turn.remoteId);
    expect(await backend.cancel(remoteId, context)).toBe("cancelled");

    const running = fakeJobContext({ epoch: 4 });
    const slow = await open({ turnSeconds: 60, afterStep: (step) => (step === 5 ? running.cancel() : undefined) });
    const first = (await slow.train(slow.input, fakeJobContext())) as Parked;
    const middle = { ...running, turn: first.turn };
    await expect(slow.train(slow.input, middle)).rejects.toMatchObject({ code: "cancelled" });
    expect(slow.engine.work.steps).toBe(5);
  });

  it("submits again after a resume or a loss, and gives up on a backend that forgets everything", async () => {
    const { input, train } = await open();
    const parked = (await train(input, fakeJobContext())) as Parked;
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toThrow();
    const { output, said } = await driveJob((next) => train(input, next), { turn: parked.turn, fromEpoch: 5 });
    expect(output.items).toBe(1);
    expect(said.events.map(({ type }) => type)).toContain("training.lost");

    const forgetful = await open({ wrap: (backend) => ({ ...backend, poll: async () => ({ kind: "lost" }) }) });
    await expect(driveJob((next) => forgetful.train(forgetful.input, next))).rejects.toMatchObject({
      code: "backend-lost",
    });
  });

  it("goes on once at half the rate when the loss stops being a number, and then gives up", async () => {
    let diverged = false;
    const once = await open({
      wrap: (backend) => ({
        ...backend,
        poll: async (remoteId, request, context) => {
          const status = await backend.poll(remoteId, request, context);
          if (diverged || status.kind !== "running" || status.progress.step < 10) return status;
          diverged = true;
          throw new TransientError("The loss was no longer a number at step 12", { code: "diverged" });
        },
      }),
    });
    const { output } = await driveJob((ctx) => once.train(once.input, ctx));
    const lora = await once.stores.documents.get("lora", output.digest);
    expect(lora.deviations).toMatchObject([{ code: "diverged" }]);
    expect(lora.recipe.learningRate).toBe(0.02);

    const always = await open({ divergesAtStep: 12 });
    await expect(driveJob((ctx) => always.train(always.input, ctx))).rejects.toMatchObject({
      errorClass: "user",
      code: "diverged",
    });
  });

  it("publishes nothing when the collected file is not sound", async () => {
    const { input, train, stores } = await open({
      wrap: (backend) => ({
        ...backend,
        collect: async (remoteId, request, context) => {
          const collected = await backend.collect(remoteId, request, context);
          return { ...collected, tensorsSha256: "0".repeat(64) };
        },
      }),
    });
    await expect(driveJob((ctx) => train(input, ctx))).rejects.toMatchObject({ code: "bad-weights" });
    for await (const { key } of stores.objects.list("documents/lora/")) expect.fail(`unexpected ${key}`);
  });
});
