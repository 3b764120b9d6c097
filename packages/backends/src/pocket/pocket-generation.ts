import {
  type BackendContext,
  BlobRef,
  type Charge,
  type Clock,
  type Digest,
  digestOf,
  type GeneratedFile,
  type GenerationBackend,
  type GenerationRequestItem,
  type LoraDocument,
  type PocketEngine,
  type RgbImage,
  type Stores,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import { openLocalJobs } from "../local-jobs.ts";
import { MAX_SIDE_PIXELS } from "./pocket-limits.ts";
import { asked, checkSpec, settingsOf } from "./pocket-spec.ts";

export interface PocketGenerationOptions {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
  /** Encodes finished pixels to a PNG file. */
  readonly encodePng: (image: RgbImage) => Promise<Uint8Array>;
  /** Decodes a picture and cuts it to a size. */
  readonly readPicture: (bytes: Uint8Array, size: { width: number; height: number }) => Promise<RgbImage>;
  /** A poll starts no further picture after this long; default 5. */
  readonly turnSeconds?: number;
}

const MEMO_KIND = "pocket-image";
const CODE_VERSION = 1;
const MAX_PICTURE_BYTES = 256 * 1024 * 1024;
const MAX_LORA_BYTES = 512 * 1024 * 1024;

/** A finished picture as it is remembered. */
const Finished = z.object({ image: BlobRef, seconds: z.number() });
type Finished = z.output<typeof Finished>;

/**
 * Draws with the embedded engine, one picture after the other. Each finished one is stored and remembered under
 * everything that decides it, so a lost worker costs at most the picture it was drawing, and the same picture is never
 * drawn twice.
 */
export function createPocketGeneration(options: PocketGenerationOptions): GenerationBackend {
  const { engine, stores, clock, encodePng, readPicture, turnSeconds = 5 } = options;
  const jobs = openLocalJobs(stores.objects, { kind: "generation", name: "pocket" });
  const weights = createWeightsCache(stores);

  const backend: GenerationBackend = {
    name: "pocket",
    capabilities: {
      kinds: ["text-to-image", "image-to-image"],
      families: ["pocket"],
      loraFamilies: ["pocket"],
      maxLoras: 8,
      maxSidePixels: MAX_SIDE_PIXELS,
      sideStep: engine.model.sideStep,
      itemsPerJob: 8,
      needsReachableStore: false,
    },
    version: async () => `pocket/${CODE_VERSION}:${engine.model.digest}`,
    isAvailable: async () => ({
      available: true,
      message: `the embedded engine ${engine.model.id} draws pictures of ${engine.model.side} px on this machine's CPU`,
    }),

    validate: (spec) => checkSpec(spec, engine.model),

    estimate(spec, items) {
      const { steps, width, height } = settingsOf(asked(spec), engine.model);
      const seconds = 0.5 + items * steps * 0.018 * ((width * height) / engine.model.side ** 2);
      return { seconds: { p50: seconds, p90: seconds * 3 }, costMicroUsd: { p50: 0, p90: 0 } };
    },

    async submit(request, context) {
      for (const { spec, loras } of request.items) {
        const problem = checkSpec(spec, engine.model).find(({ severity }) => severity === "error");
        if (problem !== undefined) {
          throw new UserError(`${problem.field}: ${problem.message}`, { code: "impossible-request" });
        }
        const foreign = Object.values(loras).find(({ family }) => family !== "pocket");
        if (foreign !== undefined) {
          const message = `The LoRA ${foreign.name} is for ${foreign.family}; the pocket engine takes LoRAs of its own family`;
          throw new UserError(message, { code: "impossible-request" });
        }
      }
      return jobs.begin(request.marker, context);
    },

    async poll(remoteId, request, context) {
      const record = await jobs.look(remoteId, context);
      if (record === "lost" || record === "cancelled") return { kind: record };
      const total = request.items.length;
      const turnEnd = clock.now().getTime() + turnSeconds * 1000;
      let done = 0;
      let seconds = 0;
      let drawn = 0;
      for (const item of request.items) {
        let finished = await find(item);
        if (finished === undefined) {
          const isOver = drawn > 0 && clock.now().getTime() >= turnEnd;
          if (isOver || context.signal.aborted) continue; // Later ones may be finished already: count them.
          finished = await draw(item, context);
          if (finished === undefined) continue;
          seconds += finished.seconds;
          drawn += 1;
          context.onProgress({ done: done + 1, total });
        }
        done += 1;
      }
      if (done === total) await jobs.end(record, context);
      const charges = drawn === 0 ? [] : [cpuCharge(seconds)];
      return { kind: done === total ? "succeeded" : "running", done, total, pollMs: 1, charges };
    },

    async collect(_remoteId, request) {
      const files: GeneratedFile[] = [];
      for (const item of request.items) {
        const finished = await find(item);
        if (finished === undefined) {
          const message = `Picture ${item.index} is not there yet (or its memo was lost): poll again`;
          throw new TransientError(message, { code: "not-generated", details: { index: item.index } });
        }
        const { steps, guidance, width, height } = settingsOf(asked(item.spec), engine.model);
        const { image: file, seconds } = finished;
        const { id: baseModel } = engine.model;
        files.push({ index: item.index, file, seconds, width, height, sampler: "Euler", steps, guidance, baseModel });
      }
      return { files, refused: [] };
    },

    cancel: jobs.cancel,

    close: async () => weights.clear(),
  };

  async function find(item: GenerationRequestItem): Promise<Finished | undefined> {
    const memo = Finished.safeParse(await stores.memos.find(MEMO_KIND, pictureKey(item, engine.model))).data;
    return memo !== undefined && (await stores.blobs.has(memo.image.sha256)) ? memo : undefined;
  }

  /** Undefined when the signal stopped it. */
  async function draw(item: GenerationRequestItem, context: BackendContext): Promise<Finished | undefined> {
    const began = clock.now().getTime();
    const loras = await Promise.all(
      applied(item).map(async ({ lora, strength }) => ({
        weights: await weights.read(lora.weights, context.signal),
        strength,
      })),
    );
    const { prompt, negativePrompt, seed, ...rest } = asked(item.spec);
    const settings = settingsOf(rest, engine.model);
    const from = await startOf(item, settings, context.signal);
    const wanted = { prompt, negativePrompt, seed, ...settings, loras, ...from };
    let pixels: RgbImage;
    try {
      pixels = await engine.generate(wanted, context.signal);
    } catch (error) {
      if (context.signal.aborted) return undefined;
      throw error;
    }
    const png = await encodePng(pixels);
    const image = await stores.blobs.put(png, { mediaType: "image/png", bytes: png.length });
    const finished = { image, seconds: (clock.now().getTime() - began) / 1000 };
    await stores.memos.put(MEMO_KIND, pictureKey(item, engine.model), finished);
    return finished;
  }

  async function startOf(item: GenerationRequestItem, size: { width: number; height: number }, signal: AbortSignal) {
    const started = startPicture(item);
    if (started === null) return {};
    const bytes = await stores.blobs.read(started.blob, { maxBytes: MAX_PICTURE_BYTES, signal });
    return { from: { image: await readPicture(bytes, size), strength: started.strength } };
  }

  return backend;
}

/** The picture that an item starts from, and how much of it is drawn anew; null where it starts from noise. */
function startPicture({ spec, inputs }: GenerationRequestItem) {
  const wanted = asked(spec);
  if (wanted.kind === "text-to-image") return null;
  const blob = inputs[wanted.image];
  if (blob === undefined) throw new TypeError(`the request lacks the picture ${wanted.image}`);
  return { blob, strength: wanted.denoise };
}

/** A LoRA at strength 0 is not applied at all: the picture is the base model's. */
function applied({ spec, loras }: GenerationRequestItem): { readonly lora: LoraDocument; readonly strength: number }[] {
  return asked(spec).loras.flatMap(({ lora: name, strength }) => {
    const lora = loras[name];
    if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${name}`);
    return strength === 0 ? [] : [{ lora, strength }];
  });
}

function pictureKey(item: GenerationRequestItem, model: PocketEngine["model"]): Digest {
  const { prompt, negativePrompt, seed, ...rest } = asked(item.spec);
  const loras = applied(item).map(({ lora, strength }) => ({ tensors: lora.tensorsSha256, strength }));
  const settings = settingsOf(rest, model);
  const started = startPicture(item);
  const from = started === null ? {} : { from: started.blob.sha256, denoise: started.strength };
  const { digest } = model;
  return digestOf({ version: CODE_VERSION, model: digest, prompt, negativePrompt, seed, ...settings, loras, ...from });
}

function cpuCharge(seconds: number): Charge {
  return { kind: "generation", supplier: "pocket", quantity: seconds, unit: "cpu-second", amountMicroUsd: 0, note: "" };
}

/** The LoRA files that were used last; a grid draws many pictures with one of them. */
function createWeightsCache({ blobs }: Stores) {
  const held = new Map<Digest, Promise<Uint8Array>>();
  return {
    async read(ref: BlobRef, signal: AbortSignal): Promise<Uint8Array> {
      const found = held.get(ref.sha256);
      if (found !== undefined) return found;
      const reading = blobs.read(ref, { maxBytes: MAX_LORA_BYTES, signal });
      held.set(ref.sha256, reading);
      if (held.size > 4) held.delete(held.keys().next().value ?? "");
      try {
        return await reading;
      } catch (error) {
        held.delete(ref.sha256);
        throw error;
      }
    },
    clear: () => held.clear(),
  };
}
