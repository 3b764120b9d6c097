import type {
  GeneratedImage,
  Generation,
  GenerationRequest,
  GenerationRequestItem,
  JobContext,
  JobOutput,
  JsonObject,
  Stores,
} from "@loramill/contracts";
import { type PngText, writeParameters } from "@loramill/imaging";
import { generationParameters } from "./generation-parameters.ts";

export interface PublishDeps {
  readonly stores: Stores;
  /** Puts texts into a PNG file without touching its pixels. */
  readonly writePngText: (png: Uint8Array, entries: readonly PngText[]) => Uint8Array;
}

const VERSION = "Loramill";
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

/** Writes into each picture how it was made, stores it, and publishes the list. */
export async function publishGenerations(
  images: readonly GeneratedImage[],
  request: GenerationRequest,
  backend: string,
  deps: PublishDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const items = new Map(request.items.map((item) => [item.index, item]));
  const generations: Generation[] = [];
  for (const image of images) {
    const item = items.get(image.index);
    if (item === undefined) continue;
    ctx.signal.throwIfAborted();
    generations.push(await describe(image, item, request, backend, deps));
  }
  const missing = request.items.filter(({ index }) => !generations.some((generation) => generation.index === index));
  const refused = missing.map(({ index }) => ({
    path: `picture ${index}`,
    code: "not-drawn",
    message: `${backend} gave no picture for this prompt and seed`,
  }));
  const digest = await deps.stores.documents.put("generations", { generations, refused });
  if (generations.length > 0) ctx.record({ kind: "generations", generations });
  const seconds = generations.reduce((sum, generation) => sum + generation.seconds, 0);
  const summary: JsonObject = {
    images: generations.length,
    refused: refused.length,
    seconds: Math.round(seconds * 10) / 10,
  };
  return { digest, shape: "part", items: generations.length, summary };
}

async function describe(
  image: GeneratedImage,
  item: GenerationRequestItem,
  request: GenerationRequest,
  backend: string,
  { stores, writePngText }: PublishDeps,
): Promise<Generation> {
  const { prompt, negativePrompt, seed, index, loras } = item;
  const { steps, guidance, width, height } = request;
  const generation: Generation = {
    index,
    image: image.image,
    prompt,
    negativePrompt,
    seed,
    steps,
    guidance,
    sampler: image.sampler,
    width,
    height,
    loras: loras.map(({ lora, strength }) => ({
      name: lora.name,
      sha256: lora.weights.sha256,
      tensorsSha256: lora.tensorsSha256,
      strength,
    })),
    baseModel: image.baseModel,
    backend,
    seconds: image.seconds,
  };
  if (image.image.mediaType !== "image/png") return generation;
  const { image: _image, seconds: _seconds, ...made } = generation;
  const png = await stores.blobs.read(image.image, { maxBytes: MAX_IMAGE_BYTES });
  const named = writePngText(png, [
    { keyword: "parameters", text: writeParameters(generationParameters(generation, VERSION)) },
    { keyword: "loramill", text: JSON.stringify(made) },
  ]);
  return { ...generation, image: await stores.blobs.put(named, { mediaType: "image/png", bytes: named.length }) };
}
