import {
  type AppliedLora,
  type CollectedGenerations,
  type GeneratedFile,
  type Generation,
  type GenerationRequest,
  type GenerationRequestItem,
  isDrawn,
  type JobContext,
  type JobOutput,
  type JsonObject,
  lorasOf,
  type Stores,
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
  { files, refused: refusals }: CollectedGenerations,
  request: GenerationRequest,
  backend: string,
  deps: PublishDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const items = new Map(request.items.map((item) => [item.index, item]));
  const generations: Generation[] = [];
  for (const file of files) {
    const item = items.get(file.index);
    if (item === undefined) continue;
    ctx.signal.throwIfAborted();
    generations.push(await describe(file, item, backend, deps));
  }
  const missing = request.items.filter(({ index }) => !generations.some((generation) => generation.index === index));
  const refused = missing.map(({ index }) => {
    const reason = refusals.find((refusal) => refusal.index === index);
    return {
      path: `item ${index}`,
      code: reason?.code ?? "not-drawn",
      message: reason?.message ?? `${backend} gave no file for this item`,
    };
  });
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
  made: GeneratedFile,
  item: GenerationRequestItem,
  backend: string,
  { stores, writePngText }: PublishDeps,
): Promise<Generation> {
  const { index: _, file, ...facts } = made;
  const { index, spec } = item;
  const { prompt, negativePrompt, seed } = isDrawn(spec) ? spec : { prompt: "", negativePrompt: "", seed: 0 };
  const loras = appliedLoras(item);
  const generation: Generation = { ...facts, index, image: file, prompt, negativePrompt, seed, loras, backend, spec };
  if (file.mediaType !== "image/png") return generation;
  const { image: _image, seconds: _seconds, ...told } = generation;
  const png = await stores.blobs.read(file, { maxBytes: MAX_IMAGE_BYTES });
  const named = writePngText(png, [
    { keyword: "parameters", text: writeParameters(generationParameters(generation, VERSION)) },
    { keyword: "loramill", text: JSON.stringify(told) },
  ]);
  return { ...generation, image: await stores.blobs.put(named, { mediaType: "image/png", bytes: named.length }) };
}

function appliedLoras({ spec, loras }: GenerationRequestItem): AppliedLora[] {
  return lorasOf(spec).flatMap(({ lora: called, strength }) => {
    const lora = loras[called];
    if (lora === undefined || strength === 0) return [];
    return [{ name: lora.name, sha256: lora.weights.sha256, tensorsSha256: lora.tensorsSha256, strength }];
  });
}
