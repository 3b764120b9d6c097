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
import { type LeftOut, leftOutOf } from "./loras/leave-out.ts";

export interface PublishDeps {
  readonly stores: Stores;
  /** Puts texts into a PNG file without touching its pixels. */
  readonly writePngText: (png: Uint8Array, entries: readonly PngText[]) => Uint8Array;
}

const VERSION = "Loramill";
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

export interface Made {
  /** As it was submitted, and as it was asked for. */
  readonly request: GenerationRequest;
  readonly asked: GenerationRequest;
  readonly backend: string;
  readonly left: readonly LeftOut[];
  readonly loads: Readonly<Record<string, { keys: number; of: number }>>;
}

/** Writes into each picture how it was made, stores it, and publishes the list. */
export async function publishGenerations(
  { files, refused: refusals }: CollectedGenerations,
  made: Made,
  deps: PublishDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { request, backend } = made;
  const items = new Map(request.items.map((item) => [item.index, item]));
  const generations: Generation[] = [];
  for (const file of files) {
    const item = items.get(file.index);
    if (item === undefined) continue;
    ctx.signal.throwIfAborted();
    generations.push(await describe(file, item, made, deps));
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
  { file, ...facts }: GeneratedFile,
  item: GenerationRequestItem,
  { asked, backend, left, loads }: Made,
  { stores, writePngText }: PublishDeps,
): Promise<Generation> {
  const { spec } = item;
  const { prompt, negativePrompt, seed } = isDrawn(spec) ? spec : { prompt: "", negativePrompt: "", seed: 0 };
  const loras = appliedLoras(item, loads);
  const before = asked.items.find(({ index }) => index === item.index)?.spec ?? spec;
  const fallbacks = leftOutOf(before, left).map(({ called: _, ...fallback }) => fallback);
  const generation: Generation = {
    ...facts,
    image: file,
    prompt,
    negativePrompt,
    seed,
    loras,
    backend,
    spec,
    ...(fallbacks.length === 0 ? {} : { fallbacks }),
  };
  if (file.mediaType !== "image/png") return generation;
  const { image: _image, seconds: _seconds, ...told } = generation;
  const png = await stores.blobs.read(file, { maxBytes: MAX_IMAGE_BYTES });
  const named = writePngText(png, [
    { keyword: "parameters", text: writeParameters(generationParameters(generation, VERSION)) },
    { keyword: "loramill", text: JSON.stringify(told) },
  ]);
  return { ...generation, image: await stores.blobs.put(named, { mediaType: "image/png", bytes: named.length }) };
}

function appliedLoras({ spec, loras }: GenerationRequestItem, loads: Made["loads"]): AppliedLora[] {
  return lorasOf(spec).flatMap(({ lora: called, strength }) => {
    const lora = loras[called];
    if (lora === undefined || strength === 0) return [];
    const { name, weights, tensorsSha256 } = lora;
    const taken = loads[called];
    return [
      { name, sha256: weights.sha256, tensorsSha256, strength, ...(taken === undefined ? {} : { loads: taken }) },
    ];
  });
}
