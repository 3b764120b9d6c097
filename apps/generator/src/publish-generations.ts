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
import { type FinishParts, finishFile } from "./finish/finish-file.ts";
import { type LeftOut, leftOutOf } from "./loras/leave-out.ts";

export interface PublishDeps {
  readonly stores: Stores;
  readonly finishing: Omit<FinishParts, "stores">;
}

export interface Made {
  /** As it was submitted, and as it was asked for. */
  readonly request: GenerationRequest;
  readonly asked: GenerationRequest;
  readonly backend: string;
  readonly left: readonly LeftOut[];
  readonly loads: Readonly<Record<string, { keys: number; of: number }>>;
}

/** Finishes each file, so that it is in its format and tells how it was made, and publishes the list. */
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
    generations.push(await describe(file, item, made, deps, ctx.signal));
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
  { stores, finishing }: PublishDeps,
  signal: AbortSignal,
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
    ...(item.choice === undefined ? {} : { choice: item.choice }),
  };
  return { ...generation, image: await finishFile(generation, { ...finishing, stores }, signal) };
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
