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
  type Parked,
  type PreparedImage,
  type RgbImage,
  sha256Hex,
  type TrainingBackend,
} from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import { openStores } from "@loramill/storage";
import {
  createFakePocketEngine,
  type FakeJobContext,
  type FakePocketOptions,
  fakeJobContext,
  solidPictures,
} from "@loramill/testkit";
import { expect, onTestFinished } from "vitest";
import { trainLora } from "../src/train-lora.ts";
import { createRequestLoader } from "../src/training-request.ts";
import { usualLimits } from "./usual-limits.ts";

const SIDE = 16;
/** Digest of the plan of every run. */
export const PLAN = sha256Hex("a plan");
const clock = { now: () => new Date() };
const prepareImage = async (rgb: Uint8Array): Promise<RgbImage> => ({ width: SIDE, height: SIDE, rgb });

export interface TrainerSetup extends FakePocketOptions {
  readonly ownCaptions?: readonly (string | undefined)[];
  readonly gate?: "pass" | "warn" | "block";
  readonly captions?: readonly string[] | null;
  readonly turnSeconds?: number;
  readonly wrap?: (backend: TrainingBackend) => TrainingBackend;
  readonly slots?: BackendSlots;
}

/** A trainer on the fake engine, with a dataset of two red pictures and a recipe of thirty steps. */
export async function openTrainer(setup: TrainerSetup = {}) {
  const folder = await mkdtemp(join(tmpdir(), "trainer-"));
  const stores = await openStores({ url: folder, sync: "never" });
  onTestFinished(async () => {
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
  const requests = createRequestLoader(stores, async () => PLAN);
  const deps = { stores, backends: [backend], slots, requests, clock, limits: usualLimits };
  const train = (given: typeof input, ctx: JobContext) => trainLora(given, deps, ctx);
  return { stores, engine, backend, input, train };
}

/** Takes turns until the training is noted as running on its backend. */
export async function startTraining(train: (ctx: FakeJobContext) => Promise<unknown>): Promise<Parked> {
  let parked: Parked | null = null;
  for (let epoch = 1; epoch <= 3 && parked?.turn.phase !== "running"; epoch += 1) {
    parked = (await train(fakeJobContext({ turn: parked?.turn ?? null, epoch }))) as Parked;
  }
  if (parked?.turn.phase !== "running") throw new Error("the training did not start");
  return parked;
}
