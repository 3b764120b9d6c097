import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type GenerationRequest,
  type GenerationRequestItem,
  GenerationSpec,
  type LoraDocument,
  sha256Hex,
} from "@loramill/contracts";
import { tensorsSha256 } from "@loramill/lora";
import { openStores } from "@loramill/storage";
import {
  backendContext,
  createFakePocketEngine,
  type FakePocketOptions,
  pollGeneration,
  runGenerationBackendSuite,
  solidPictures,
} from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createPocketGeneration } from "./pocket-generation.ts";

const clock = { now: () => new Date() };
/** Raw pixels stand for PNG files here: encoding belongs to imaging. */
const encodePng = async ({ rgb }: { readonly rgb: Uint8Array }) => rgb;
const readPicture = async (rgb: Uint8Array, size: { width: number; height: number }) => ({ ...size, rgb });

const PLAIN_MODEL = { files: {}, weightDtype: "default" };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(options: FakePocketOptions & { readonly turnSeconds?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "pocket-generation-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const cleanup = async () => {
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  };
  const engine = createFakePocketEngine(options);
  const settings = {
    rank: 1,
    alpha: 1,
    learningRate: 0.05,
    batchSize: 1,
    steps: 30,
    warmupSteps: 0,
    scheduler: "linear",
    captionDropout: 0,
    horizontalFlip: false,
    seed: 1,
  } as const;
  const trained = await createFakePocketEngine().train({
    images: solidPictures([[250, 20, 20]], 16),
    settings,
    from: null,
    untilStep: 30,
  });
  const file = await engine.exportLora(trained, {});
  const lora = {
    format: "loramill-lora/1",
    name: "red",
    weights: await stores.blobs.put(file, { mediaType: "application/vnd.safetensors" }),
    tensorsSha256: tensorsSha256(file),
    family: "pocket",
    baseModel: "pocket",
    triggerWord: "sks",
    recipe: {},
    dataset: sha256Hex("dataset"),
    images: 1,
    steps: 30,
    finalLoss: 0,
    curve: [],
    computeSeconds: 1,
    resumedFromSteps: [],
    deviations: [],
    samples: [],
    backend: "pocket",
    made: null,
  } satisfies LoraDocument;
  const item = (index: number, seed: number, strength: number): GenerationRequestItem => ({
    index,
    spec: GenerationSpec.parse({
      kind: "text-to-image",
      model: { family: "pocket" },
      prompt: "a thing",
      seed,
      width: 16,
      height: 16,
      sampling: { steps: 4, guidance: 3 },
      loras: [{ lora: "red", strength }],
    }),
    loras: { red: lora },
    inputs: {},
  });
  const request: GenerationRequest = {
    marker: "job-2",
    items: [item(4, 1, 0), item(5, 1, 0.5), item(6, 1, 1), item(7, 2, 1)],
  };
  const make = (given = engine) =>
    createPocketGeneration({
      engine: given,
      stores,
      clock,
      encodePng,
      readPicture,
      turnSeconds: options.turnSeconds ?? 0,
    });
  return { stores, engine, request, lora, backend: make(), make, cleanup };
}

async function openForTest(options: Parameters<typeof open>[0] = {}) {
  const opened = await open(options);
  cleanups.push(opened.cleanup);
  return opened;
}

runGenerationBackendSuite("pocket", async () => {
  const { backend, request, make, cleanup } = await open();
  return { backend, request, reopen: async () => make(createFakePocketEngine()), close: cleanup };
});

describe("createPocketGeneration", () => {
  const meanRed = (rgb: Uint8Array) =>
    rgb.reduce((sum, value, i) => sum + (i % 3 === 0 ? value - 128 : 128 - value), 0) / rgb.length;

  it("applies the LoRA more at more strength, and not at all at strength 0", async () => {
    const { backend, request, stores } = await openForTest({ turnSeconds: 5 });
    const { remoteId } = await backend.submit(request, backendContext());
    await pollGeneration(backend, remoteId, request);
    const { files } = await backend.collect(remoteId, request, backendContext());
    const [base, half, full] = await Promise.all(files.map(async ({ file }) => meanRed(await stores.blobs.read(file))));
    expect(half).toBeGreaterThan((base ?? 0) + 20);
    expect(full).toBeGreaterThan((half ?? 0) + 20);
    const plain = {
      ...request,
      items: request.items.map((item) => ({ ...item, spec: { ...item.spec, loras: [] } as GenerationSpec })),
    };
    await pollGeneration(backend, remoteId, plain);
    const again = await backend.collect(remoteId, plain, backendContext());
    expect(again.files[0]?.file).toEqual(files[0]?.file);
  });

  it("loses only the picture it was drawing when its worker is lost", async () => {
    const { backend, request, engine, make } = await openForTest({
      turnSeconds: 60,
      afterPicture: (pictures) => {
        if (pictures === 3) throw new Error("killed");
      },
    });
    const { remoteId } = await backend.submit(request, backendContext());
    await expect(backend.poll(remoteId, request, backendContext())).rejects.toThrow("killed");
    expect(engine.work.pictures).toBe(3);
    const second = createFakePocketEngine();
    const after = make(second);
    const statuses = await pollGeneration(after, remoteId, request);
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    expect(second.work.pictures).toBe(2);
  });

  it("stops after the picture in hand when its signal aborts", async () => {
    const abort = new AbortController();
    const { backend, request, engine } = await openForTest({ turnSeconds: 60, afterPicture: () => abort.abort() });
    const { remoteId } = await backend.submit(request, backendContext());
    const status = await backend.poll(remoteId, request, backendContext({ signal: abort.signal }));
    expect(status).toMatchObject({ kind: "running", done: 1, total: 4 });
    expect(engine.work.pictures).toBe(1);
  });

  it("refuses LoRAs of other families", async () => {
    const { backend, request, lora } = await openForTest();
    const items = request.items.map((item) => ({ ...item, loras: { red: { ...lora, family: "sdxl" } } }));
    await expect(backend.submit({ ...request, items }, backendContext())).rejects.toMatchObject({
      code: "impossible-request",
    });
  });

  it("draws over a picture as much as it is told", async () => {
    const { backend, stores, engine, request } = await openForTest({ turnSeconds: 60 });
    const grey = await stores.blobs.put(new Uint8Array(16 * 16 * 3).fill(90), { mediaType: "image/png", bytes: 768 });
    const over = (index: number, denoise: number): GenerationRequestItem => ({
      index,
      spec: GenerationSpec.parse({
        kind: "image-to-image",
        model: { family: "pocket" },
        prompt: "a thing",
        seed: 3,
        image: "grey",
        denoise,
      }),
      loras: {},
      inputs: { grey },
    });
    const redraw = { ...request, items: [over(0, 0), over(1, 1), over(2, 1)] };
    const { remoteId } = await backend.submit(redraw, backendContext());
    await pollGeneration(backend, remoteId, redraw);
    const { files } = await backend.collect(remoteId, redraw, backendContext());
    expect(files[0]?.file.sha256).toBe(grey.sha256);
    expect(files[1]?.file.sha256).not.toBe(grey.sha256);
    expect(files[2]?.file).toEqual(files[1]?.file);
    expect(engine.work.pictures).toBe(2);
  });

  it("names the field that it cannot honour", async () => {
    const { backend, request } = await openForTest();
    const [item] = request.items;
    const odd = { ...item?.spec, width: 17, sampling: { shift: 3 }, model: { ...PLAIN_MODEL, family: "flux" } };
    const clip = GenerationSpec.parse({ kind: "interpolate", clip: "x" });
    expect(backend.validate(GenerationSpec.parse(odd)).map(({ field }) => field)).toEqual([
      "width",
      "sampling.shift",
      "model.family",
    ]);
    expect(backend.validate(clip).map(({ field }) => field)).toEqual(["kind"]);
  });
});
