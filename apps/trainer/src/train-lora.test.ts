import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPocketTraining } from "@loramill/backends";
import {
  type BackendSlots,
  type DatasetManifest,
  type Digest,
  type InputOf,
  type JobContext,
  type LoraFile,
  logsOfJob,
  loraFiles,
  Parked,
  type PreparedImage,
  type RgbImage,
  sha256Hex,
  type TrainingBackend,
  type TrainingRequest,
  TransientError,
  UserError,
  withLoraFiles,
} from "@loramill/contracts";
import { readSafetensors } from "@loramill/lora";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import {
  createFakePocketEngine,
  driveJob,
  type FakeJobContext,
  type FakePocketOptions,
  fakeJobContext,
  solidPictures,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

const SIDE = 16;
const PLAN = sha256Hex("a plan");
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
  readonly slots?: BackendSlots;
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
  const slots = setup.slots ?? { take: async () => expect.fail("a backend without a limit needs no slot") };
  const deps = { stores, backends: [backend], slots, requests: createRequestLoader(stores, async () => PLAN), clock };
  const train = (given: typeof input, ctx: JobContext) => trainLora(given, deps, ctx);
  return { stores, engine, backend, input, train };
}

/** Takes turns until the training is noted as running on its backend. */
async function start(train: (ctx: FakeJobContext) => Promise<unknown>): Promise<Parked> {
  let parked: Parked | null = null;
  for (let epoch = 1; epoch <= 3 && parked?.turn.phase !== "running"; epoch += 1) {
    parked = (await train(fakeJobContext({ turn: parked?.turn ?? null, epoch }))) as Parked;
  }
  if (parked?.turn.phase !== "running") throw new Error("the training did not start");
  return parked;
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
    expect(file.metadata.get("loramill.plan")).toBe(PLAN);
    expect(file.metadata.get("loramill.captions")).toBe(input.inputs.caption);
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
    const parked = await start((ctx) => train(input, ctx));
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
    const first = await start((ctx) => slow.train(slow.input, ctx));
    const middle = { ...running, turn: first.turn };
    await expect(slow.train(slow.input, middle)).rejects.toMatchObject({ code: "cancelled" });
    expect(slow.engine.work.steps).toBe(5);
  });

  it("submits again after a resume or a loss, and gives up on a backend that forgets everything", async () => {
    const { input, train } = await open();
    const parked = await start((next) => train(input, next));
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 4 });
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

  it("waits for a slot of a backend that has few, and says so once", async () => {
    let free = false;
    const asked: unknown[] = [];
    const { input, train, backend } = await open({
      wrap: (pocket) => ({ ...pocket, limits: { ...pocket.limits, maxJobs: 1 } }),
      slots: {
        take: async (request) => {
          asked.push(request);
          return free;
        },
      },
    });
    const first = fakeJobContext();
    const waiting = (await train(input, first)) as Parked;
    expect(waiting).toMatchObject({ afterMs: 5_000, turn: { phase: "waiting" } });
    expect(first.said.events).toEqual([{ type: "training.waiting", data: { backend: backend.name, slots: 1 } }]);
    const second = fakeJobContext({ turn: waiting.turn, epoch: 2 });
    expect(await train(input, second)).toMatchObject({ turn: { phase: "waiting" } });
    expect(second.said.events).toEqual([]);
    free = true;
    const { output } = await driveJob((ctx) => train(input, ctx), { turn: waiting.turn, fromEpoch: 3 });
    expect(output.items).toBe(1);
    expect(asked).toContainEqual({ backend: "pocket", job: first.job, slots: 1 });
  });

  it("ends on the remote side what a lost turn started and did not live to note", async () => {
    const { input, train, backend } = await open();
    const intent = (await train(input, fakeJobContext())) as Parked;
    expect(intent.turn).toMatchObject({ phase: "submitting" });
    // The turn that submits is lost after the backend has answered.
    await train(input, fakeJobContext({ turn: intent.turn, epoch: 2 }));
    const ctx = fakeJobContext({ turn: intent.turn, epoch: 3 });
    ctx.cancel();
    await expect(train(input, ctx)).rejects.toMatchObject({ code: "cancelled" });
    expect(ctx.said.events).toMatchObject([{ type: "training.cancelled", data: { answer: "cancelled" } }]);
    const remoteId = await backend.find(ctx.job, { ...ctx, onProgress: () => {}, onLog: () => {} });
    expect(remoteId).not.toBeNull();
  });

  it("keeps in mind which rented machine has it, and where its part of that machine's bill begins", async () => {
    const rented = { pod: "mill-one", podMicroUsd: 10_000 };
    const { input, train } = await open({
      wrap: (pocket) => ({
        ...pocket,
        submit: async (...given) => ({ ...(await pocket.submit(...given)), ...rented }),
      }),
    });
    const intent = (await train(input, fakeJobContext())) as Parked;
    const running = (await train(input, fakeJobContext({ turn: intent.turn, epoch: 2 }))) as Parked;
    expect(running.turn).toMatchObject({ phase: "running", ...rented });
  });

  it("tells the backend to stop a training that takes longer than it may", async () => {
    const { input, train } = await open({
      wrap: (pocket) => ({ ...pocket, limits: { maxJobs: null, timeoutSeconds: 60 } }),
    });
    const running = await start((ctx) => train(input, ctx));
    const late = { ...running.turn, submittedAt: new Date(Date.now() - 61_000).toISOString() };
    const ctx = fakeJobContext({ turn: late, epoch: 4 });
    await expect(train(input, ctx)).rejects.toMatchObject({
      errorClass: "permanent",
      code: "timeout",
      message: expect.stringContaining("60 s"),
    });
    expect(ctx.said.events.at(-1)).toMatchObject({ type: "training.cancelled", data: { answer: "cancelled" } });
  });

  it("pays for a training that failed, and fails with its error", async () => {
    const charge = {
      kind: "training",
      supplier: "x",
      quantity: 9,
      unit: "gpu-second",
      amountMicroUsd: 14,
      note: "",
    } as const;
    const error = new UserError("no picture could be read", { code: "bad-dataset" });
    const { input, train } = await open({
      wrap: (pocket) => ({ ...pocket, poll: async () => ({ kind: "failed", error, charges: [charge] }) }),
    });
    const running = await start((ctx) => train(input, ctx));
    const ctx = fakeJobContext({ turn: running.turn, epoch: 4 });
    await expect(train(input, ctx)).rejects.toBe(error);
    expect(ctx.said.charges).toEqual([charge]);
  });

  it("takes a backend that still serves the version of the plan", async () => {
    const { input, train } = await open({
      wrap: (pocket) => ({
        ...pocket,
        version: async () => "pocket/2:y",
        serves: (planned) => planned.startsWith("pocket/1:"),
      }),
    });
    expect(await train(input, fakeJobContext())).toBeInstanceOf(Parked);
  });

  it("keeps what the trainer says, turn by turn, cut where it says too much", async () => {
    const { input, train, stores } = await open({
      wrap: (pocket) => ({
        ...pocket,
        poll: async (remoteId, request, context) => {
          const status = await pocket.poll(remoteId, request, context);
          if (status.kind === "running" || status.kind === "succeeded") {
            context.onLog(`step ${status.progress.step}`);
            if (status.kind === "succeeded") for (let i = 0; i < 3; i += 1) context.onLog("x".repeat(600_000));
          }
          return status;
        },
      }),
    });
    await driveJob((ctx) => train(input, ctx));
    const { job } = fakeJobContext();
    const texts: string[] = [];
    for await (const { key } of stores.objects.list(logsOfJob(job))) {
      const { body } = await stores.objects.get(key);
      texts.push(Buffer.concat(await Array.fromAsync(body)).toString());
    }
    const lines = texts.join("").split("\n");
    expect(lines.filter((line) => line.startsWith("step ")).at(-1)).toBe("step 30");
    expect(lines.at(-2)).toBe("… 2 more lines of this turn were left out");
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
    expect(lora.recipe?.learningRate).toBe(0.02);

    const always = await open({ divergesAtStep: 12 });
    await expect(driveJob((ctx) => always.train(always.input, ctx))).rejects.toMatchObject({
      errorClass: "user",
      code: "diverged",
    });
  });

  it("halves the batch when memory runs out, says so in the lineage, and gives up at one picture", async () => {
    const tried: [number, number][] = [];
    const plain = (request: TrainingRequest) => ({
      ...request,
      recipe: { ...request.recipe, gradientAccumulation: 1 },
    });
    const accumulating = (pocket: TrainingBackend, enough: number): TrainingBackend => ({
      ...pocket,
      capabilities: {
        ...pocket.capabilities,
        recipe: { ...pocket.capabilities.recipe, gradientAccumulation: { kind: "honoured" } },
      },
      validate: () => [],
      submit: (request, context) => pocket.submit(plain(request), context),
      collect: (remoteId, request, context) => pocket.collect(remoteId, plain(request), context),
      poll: async (remoteId, request, context) => {
        const { batchSize, gradientAccumulation } = request.recipe;
        if (batchSize <= enough) return pocket.poll(remoteId, plain(request), context);
        tried.push([batchSize, gradientAccumulation]);
        const error = new TransientError("CUDA out of memory", { code: "out-of-memory" });
        return { kind: "failed", error, charges: [] };
      },
    });
    const enough = await open({ wrap: (pocket) => accumulating(pocket, 2) });
    const { output } = await driveJob((ctx) => enough.train(enough.input, ctx));
    expect(tried).toEqual([
      [8, 1],
      [4, 2],
    ]);
    const lora = await enough.stores.documents.get("lora", output.digest);
    expect(lora.deviations.map(({ message }) => message).at(-1)).toContain("batch size 2 with gradient accumulation 4");

    const never = await open({ wrap: (pocket) => accumulating(pocket, 0) });
    await expect(driveJob((ctx) => never.train(never.input, ctx))).rejects.toMatchObject({
      errorClass: "user",
      code: "out-of-memory",
      message: expect.stringContaining("gradientCheckpointing"),
    });
  });

  it("tells the pictures that were drawn on the way, and keeps them in the LoRA's document", async () => {
    const samples = [
      { step: 10, index: 0, prompt: "sks", image: { sha256: "d".repeat(64), bytes: 4, mediaType: "image/png" } },
    ];
    const { input, train, stores } = await open({
      wrap: (backend) => ({
        ...backend,
        poll: async (...args) => {
          const status = await backend.poll(...args);
          return status.kind === "succeeded" ? { ...status, samples } : status;
        },
        collect: async (...args) => ({ ...(await backend.collect(...args)), samples }),
      }),
    });
    const { output, said } = await driveJob((ctx) => train(input, ctx));
    expect(said.events.filter(({ type }) => type === "training.sample").map(({ data }) => data)).toEqual([
      { step: 10, index: 0, prompt: "sks", image: "d".repeat(64) },
    ]);
    expect((await stores.documents.get("lora", output.digest)).samples).toEqual(samples);
  });

  it("publishes both files of a pair of experts as one LoRA, and nothing when one is missing", async () => {
    const ofOneNetwork = (request: TrainingRequest) => ({ ...request, recipe: { ...request.recipe, experts: null } });
    for (const isWhole of [true, false]) {
      const { input, train, stores } = await open({
        wrap: (backend) => ({
          ...backend,
          submit: (request, context) => backend.submit(ofOneNetwork(request), context),
          poll: (remoteId, request, context) => backend.poll(remoteId, ofOneNetwork(request), context),
          collect: async (remoteId, request, context) => {
            const { weights, tensorsSha256, ...collected } = await backend.collect(
              remoteId,
              ofOneNetwork(request),
              context,
            );
            const files: LoraFile[] = [{ role: "high", weights, tensorsSha256 }];
            if (isWhole) files.push({ role: "low", weights, tensorsSha256 });
            return { ...collected, ...withLoraFiles(files) };
          },
          validate: () => [],
        }),
      });
      input.params.recipe.experts = { high: {}, low: {}, boundary: 0.875 };
      const training = driveJob((ctx) => train(input, ctx));
      if (!isWhole) {
        await expect(training).rejects.toThrow(/there is no .*_low_noise\.safetensors/);
        continue;
      }
      const { output, said } = await training;
      const lora = await stores.documents.get("lora", output.digest);
      expect(loraFiles(lora).map(({ role }) => role)).toEqual(["high", "low"]);
      const bytes = 2 * lora.weights.bytes;
      expect(said.records.filter(({ kind }) => kind === "lora")).toMatchObject([{ files: lora.files, bytes }]);
    }
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
