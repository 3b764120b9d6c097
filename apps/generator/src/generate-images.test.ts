import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPocketGeneration } from "@loramill/backends";
import {
  type GenerationBackend,
  GenerationTemplate,
  type InputOf,
  type JobContext,
  type LoraDocument,
  MAIN_LORA,
  type Parked,
  type RgbImage,
  sha256Hex,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { encodeImage, readPngText, readRgb, sniffFormat } from "@loramill/imaging";
import { digitalSourceTypes, readProvenance } from "@loramill/imaging/provenance";
import { tensorsSha256 } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import {
  createFakePocketEngine,
  driveJob,
  type FakePocketOptions,
  fakeJobContext,
  solidPictures,
} from "@loramill/testkit";
import { videoConfig } from "@loramill/video";
import { afterEach, describe, expect, it } from "vitest";
import { generateImages } from "./generate-images.ts";
import { defaultFallbackTable } from "./loras/fallback-words.ts";

const clock = { now: () => new Date() };
const encodePng = (image: RgbImage) => encodeImage(image, "png");
const readPicture = (bytes: Uint8Array, size: { width: number; height: number }) =>
  readRgb(bytes, { size: { ...size, fit: "cover" } });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Setup extends FakePocketOptions {
  readonly wrap?: (backend: GenerationBackend) => GenerationBackend;
  readonly strengths?: number[];
  readonly withLora?: boolean;
  readonly grid?: object;
  readonly maxLoraBytes?: number;
}

async function open(setup: Setup = {}) {
  const folder = await mkdtemp(join(tmpdir(), "generator-"));
  const stores = await openStores({ url: folder, sync: "never" });
  cleanups.push(async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const engine = createFakePocketEngine(setup);
  const settings = {
    rank: 1,
    alpha: 1,
    learningRate: 0.05,
    batchSize: 1,
    steps: 9,
    warmupSteps: 0,
    scheduler: "linear",
    captionDropout: 0,
    horizontalFlip: false,
    seed: 1,
  } as const;
  const trained = await engine.train({
    images: solidPictures([[250, 20, 20]], 16),
    settings,
    from: null,
    untilStep: 9,
  });
  const file = await engine.exportLora(trained, {});
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name: "red, things",
    weights: await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" }),
    tensorsSha256: tensorsSha256(file),
    family: "pocket",
    baseModel: "pocket",
    triggerWord: "sks",
    recipe: {},
    dataset: sha256Hex("dataset"),
    images: 1,
    steps: 9,
    finalLoss: 0,
    curve: [],
    computeSeconds: 1,
    resumedFromSteps: [],
    deviations: [],
    samples: [],
    backend: "pocket",
    made: null,
  };
  const train = await stores.documents.put("parts", { parts: [await stores.documents.put("lora", lora)] });
  const grid = await stores.documents.put("grid", {
    template: GenerationTemplate.parse({
      kind: "text-to-image",
      model: { family: "pocket" },
      loras: [{ lora: MAIN_LORA }],
      sampling: { steps: 4, guidance: 3 },
      width: 16,
      height: 16,
    }),
    prompts: ["sks cat", "sks boat"],
    negativePrompt: "blurry",
    seeds: [1, 2],
    strengths: setup.strengths ?? [0, 0.5, 1],
    axes: [],
    wildcards: {},
    ...setup.grid,
  });
  const pocket = createPocketGeneration({ engine, stores, clock, encodePng, readPicture, turnSeconds: 0 });
  const backend = setup.wrap?.(pocket) ?? pocket;
  const input: InputOf<"generate-images"> = {
    from: 3,
    to: 8,
    inputs: setup.withLora === false ? {} : { train },
    params: {
      grid,
      loras: {},
      onLoraFailure: "fail",
      backend: "pocket",
      backendVersion: await pocket.version(),
    },
  };
  const loras = { limits: { maxBytes: setup.maxLoraBytes ?? 1e9 }, words: defaultFallbackTable };
  const finishing = { video: videoConfig.options(videoConfig.env.parse({})).video, hasFfmpeg: async () => false };
  const deps = { stores, backends: [backend], loras, finishing };
  const generate = (given: typeof input, ctx: JobContext) => generateImages(given, deps, ctx);
  return { stores, engine, input, generate, lora };
}

describe("generateImages", () => {
  it("is given to nobody, or stops between items, where a limit has no room for what is left", async () => {
    const cancelled: string[] = [];
    const { input, generate } = await open({
      wrap: (pocket) => ({
        ...pocket,
        estimate: (spec, items) => ({ ...pocket.estimate(spec, items), costMicroUsd: { p50: items, p90: 10 * items } }),
        poll: async (remoteId, request, context) => {
          const status = await pocket.poll(remoteId, request, context);
          return status.kind === "succeeded" ? { ...status, kind: "running", done: 2, pollMs: 1 } : status;
        },
        cancel: async (remoteId, context) => {
          cancelled.push(remoteId);
          return pocket.cancel(remoteId, context);
        },
      }),
    });
    const asked: number[] = [];
    const within = (limitMicroUsd: number) => async (microUsd: number) => {
      asked.push(microUsd);
      const amounts = { limitMicroUsd, spentMicroUsd: 0, reservedMicroUsd: 0, reopensAt: null };
      const refusedBy = microUsd > limitMicroUsd ? ({ of: { kind: "budget" }, ...amounts } as const) : null;
      return { refusedBy, onBudget: "stop", deadline: null } as const;
    };
    const first = await generate(input, fakeJobContext({ hold: within(49) }));
    expect(first).toMatchObject({ isGivenBack: true, turn: {} });
    expect(asked).toEqual([50]);

    let parked = (await generate(input, fakeJobContext({ turn: {}, hold: within(50) }))) as Parked;
    expect(parked.isGivenBack).toBe(false);
    for (let epoch = 2; !parked.isGivenBack && epoch < 50; epoch += 1) {
      parked = (await generate(input, fakeJobContext({ turn: parked.turn, epoch, hold: within(0) }))) as Parked;
    }
    expect(parked).toMatchObject({ isGivenBack: true, turn: { heldBack: true } });
    expect(cancelled).toHaveLength(1);
    const waits = await generate(input, fakeJobContext({ turn: parked.turn, epoch: 60, hold: within(0) }));
    expect(waits).toMatchObject({ isGivenBack: true });
    expect(cancelled).toHaveLength(1);
  });

  it("draws its range of the grid and writes into each picture how it was made", async () => {
    const { stores, input, generate, lora } = await open();
    const { output, said, turns } = await driveJob((ctx) => generate(input, ctx));
    expect(turns).toBeGreaterThan(2);
    expect(output).toMatchObject({ shape: "part", items: 5, summary: { images: 5, refused: 0 } });
    const { generations } = await stores.documents.get("generations", output.digest);
    expect(generations.map(({ index, prompt, seed, loras }) => [index, prompt, seed, loras[0]?.strength ?? 0])).toEqual(
      [
        [3, "sks cat", 2, 0],
        [4, "sks cat", 2, 0.5],
        [5, "sks cat", 2, 1],
        [6, "sks boat", 1, 0],
        [7, "sks boat", 1, 0.5],
      ],
    );
    expect(generations[1]?.loras).toEqual([
      {
        name: lora.name,
        sha256: lora.weights.sha256,
        tensorsSha256: lora.tensorsSha256,
        strength: 0.5,
        loads: { keys: 2, of: 2 },
      },
    ]);
    const bytes = await stores.blobs.read(generations[1]?.image ?? { sha256: "" });
    const told = readProvenance(bytes);
    expect(told.reading).toMatchObject({ tool: "loramill", prompt: "sks cat", model: { name: "fake-pocket" } });
    expect(told.digitalSourceType).toBe(digitalSourceTypes.generated);
    expect(readPngText(bytes).find(({ keyword }) => keyword === "parameters")?.text).toContain("<lora:red things:0.5>");
    expect(told.record).toMatchObject({ index: 4, spec: { kind: "text-to-image", loras: [{ strength: 0.5 }] } });
    expect(said.records).toEqual([{ kind: "generations", generations }]);
    expect(said.events.map(({ type }) => type)).toEqual(["lora.loading", "lora.applied"]);
    expect(said.progress.at(-1)).toMatchObject({ done: 5, total: 5, percent: 100 });
    expect(said.charges.length).toBeGreaterThan(0);
  });

  it("gives pictures in the format that was asked for, and private ones without a word of how they were made", async () => {
    const template = (output: object) =>
      GenerationTemplate.parse({
        kind: "text-to-image",
        model: { family: "pocket" },
        loras: [{ lora: MAIN_LORA }],
        width: 16,
        height: 16,
        output,
      });
    const read = async (output: object) => {
      const { stores, input, generate } = await open({ grid: { template: template(output) } });
      const job = await driveJob((ctx) => generate(input, ctx));
      const [generation] = (await stores.documents.get("generations", job.output.digest)).generations;
      return { generation, bytes: await stores.blobs.read(generation?.image ?? { sha256: "" }) };
    };
    for (const format of ["png", "webp", "jpeg", "avif"] as const) {
      const { generation, bytes } = await read({ format });
      expect(generation?.image.mediaType).toBe(`image/${format}`);
      expect(sniffFormat(bytes)).toMatchObject({ format });
      expect(readProvenance(bytes).reading?.prompt).toBe("sks cat");
    }
    const { bytes } = await read({ format: "webp", privacy: true });
    const told = readProvenance(bytes);
    expect(told).toMatchObject({ reading: null, record: null, digitalSourceType: digitalSourceTypes.generated });
    expect(Buffer.from(bytes).includes("sks")).toBe(false);
  });

  it("draws with the base model alone when no LoRA is named, and refuses a strength without one", async () => {
    const base = await open({ withLora: false, strengths: [0] });
    const { output, said } = await driveJob((ctx) => base.generate({ ...base.input, from: 0, to: 4 }, ctx));
    expect(output.items).toBe(4);
    expect(said.events).toEqual([]);
    const odd = await open({ withLora: false });
    await expect(odd.generate(odd.input, fakeJobContext())).rejects.toMatchObject({ code: "no-lora" });
  });

  it("takes a LoRA of the library by its document", async () => {
    const { stores, input, generate, lora } = await open({ withLora: false });
    const document = await stores.documents.put("lora", lora);
    const { output } = await driveJob((ctx) =>
      generate({ ...input, params: { ...input.params, lora: document } }, ctx),
    );
    expect(output.items).toBe(5);
  });

  it("draws again only the picture that a lost worker was drawing", async () => {
    let alive = true;
    const { input, generate, engine } = await open({
      afterPicture: (pictures) => {
        if (alive && pictures === 3) throw new Error("killed");
      },
    });
    await expect(driveJob((ctx) => generate(input, ctx))).rejects.toThrow("killed");
    alive = false;
    const { output } = await driveJob((ctx) => generate(input, ctx), { fromEpoch: 50 });
    expect(output.items).toBe(5);
    expect(engine.work.pictures).toBe(6);
  });

  it("goes on without a LoRA that cannot be loaded, with words in its place, where that is allowed", async () => {
    const { stores, input, generate } = await open({ maxLoraBytes: 1 });
    await expect(generate(input, fakeJobContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "lora-unloadable",
      details: { lora: MAIN_LORA, why: "too-large" },
    });
    const lenient = { ...input, params: { ...input.params, onLoraFailure: "fallback" as const } };
    const { output, said } = await driveJob((ctx) => generate(lenient, ctx));
    expect(said.events.map(({ type }) => type)).toEqual(["lora.loading", "lora.fallback"]);
    const { generations } = await stores.documents.get("generations", output.digest);
    const [base, drawn] = generations;
    expect(base).toMatchObject({ prompt: "sks cat", loras: [] });
    expect(base).not.toHaveProperty("fallbacks");
    expect(drawn).toMatchObject({
      prompt: "sks cat",
      loras: [],
      fallbacks: [{ lora: "red, things", code: "too-large", enhancement: "sks" }],
    });
  });

  it("leaves out what only the backend finds out it cannot load", async () => {
    const { stores, input, generate } = await open({
      wrap: (backend) => ({
        ...backend,
        async submit(request, context) {
          if (request.items.some(({ loras }) => MAIN_LORA in loras)) {
            throw new UserError("no room", { code: "lora-unloadable", details: { lora: MAIN_LORA } });
          }
          return backend.submit(request, context);
        },
      }),
    });
    await expect(generate(input, fakeJobContext())).rejects.toMatchObject({ code: "lora-unloadable" });
    const lenient = { ...input, params: { ...input.params, onLoraFailure: "fallback" as const } };
    const { output } = await driveJob((ctx) => generate(lenient, ctx));
    const { generations } = await stores.documents.get("generations", output.digest);
    expect(generations).toHaveLength(5);
    expect(generations.every(({ loras }) => loras.length === 0)).toBe(true);
  });

  it("says where the API shows what is being drawn, and no longer when it is finished", async () => {
    const at = new Date(1_000);
    const { input, generate } = await open({
      wrap: (backend) => ({
        ...backend,
        async poll(...asked) {
          const status = await backend.poll(...asked);
          return status.kind === "running" ? { ...status, previews: [{ index: 2, at }] } : status;
        },
      }),
    });
    const parked = (await generate(input, fakeJobContext())) as Parked;
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
    await generate(input, ctx);
    const url = `/v1/jobs/${ctx.job}/previews/2`;
    expect(ctx.said.progress.at(-1)).toMatchObject({ previews: [{ item: 2, at: "1970-01-01T00:00:01.000Z", url }] });
    const { said } = await driveJob((next) => generate(input, next), { turn: parked.turn, fromEpoch: 5 });
    expect(said.progress.at(-1)).not.toHaveProperty("previews");
  });

  it("passes a cancel on to the backend and goes on after a resume", async () => {
    const { input, generate } = await open();
    const parked = (await generate(input, fakeJobContext())) as Parked;
    const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
    ctx.cancel();
    await expect(generate(input, ctx)).rejects.toMatchObject({ code: "cancelled" });
    expect(ctx.said.events).toMatchObject([{ type: "generation.cancelled", data: { answer: "cancelled" } }]);
    const { output } = await driveJob((next) => generate(input, next), { turn: parked.turn, fromEpoch: 5 });
    expect(output.items).toBe(5);
  });

  it("charges what was used before a cancel, also where the backend cannot be told of it", async () => {
    const used = {
      kind: "generation",
      supplier: "gpu",
      quantity: 3,
      unit: "gpu-second",
      amountMicroUsd: 30,
      note: "",
    } as const;
    for (const isAway of [false, true]) {
      const { input, generate } = await open({
        wrap: (backend) => ({
          ...backend,
          cancel: async () => {
            if (isAway) throw new TransientError("it does not answer", { code: "endpoint-unreachable" });
            return "cancelled";
          },
          poll: async () => ({ kind: "cancelled", charges: [used] }),
        }),
      });
      const parked = (await generate(input, fakeJobContext())) as Parked;
      const ctx = fakeJobContext({ turn: parked.turn, epoch: 2 });
      ctx.cancel();
      await expect(generate(input, ctx)).rejects.toMatchObject({
        code: isAway ? "endpoint-unreachable" : "cancelled",
      });
      expect(ctx.said.charges).toEqual([used]);
    }
  });

  it("refuses what the backend cannot draw, a range outside the grid, and another backend than planned", async () => {
    const { input, generate } = await open();
    const wide = await open({ grid: { axes: [{ field: "width", values: [4000] }] } });
    await expect(wide.generate(wide.input, fakeJobContext())).rejects.toMatchObject({
      errorClass: "user",
      code: "impossible-request",
    });
    await expect(generate({ ...input, to: 13 }, fakeJobContext())).rejects.toMatchObject({ code: "outside-grid" });
    const older = { ...input, params: { ...input.params, backendVersion: "pocket/0:x" } };
    await expect(generate(older, fakeJobContext())).rejects.toMatchObject({ code: "backend-changed" });
    const forgetful = await open({ wrap: (backend) => ({ ...backend, poll: async () => ({ kind: "lost" }) }) });
    await expect(driveJob((ctx) => forgetful.generate(forgetful.input, ctx))).rejects.toMatchObject({
      code: "backend-lost",
    });
  });
});
