import { blobKey, type JobContext, type JobOutput, type LoraDocument, type LoraMaking } from "@loramill/contracts";
import { describeLora, fileHashes, type OperationResult, objectSource, readSafetensorsHeader } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { tooLarge } from "./stored-inputs.ts";

export interface LoraToPublish extends Pick<LoraDocument, "name" | "family" | "baseModel"> {
  readonly result: OperationResult;
  readonly made: LoraMaking;
}

/** Stores a LoRA while it is computed, and publishes it: file, document, catalog record. Throws UserError `lora-too-large`. */
export async function publishLora(
  { result, name, family, baseModel, made }: LoraToPublish,
  { stores, maxBytes }: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { file, modules, notes } = result;
  if (file.size > maxBytes) throw tooLarge(name, file.size, maxBytes);
  const media = { mediaType: "application/vnd.safetensors", bytes: file.size, signal: ctx.signal };
  const weights = await stores.blobs.put(file.chunks, media);
  const source = await objectSource(stores.objects, blobKey(weights.sha256), { signal: ctx.signal });
  const { tensorsSha256 } = await fileHashes(source);
  const { triggerWords, ranks } = describeLora(await readSafetensorsHeader(source));
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name,
    weights,
    tensorsSha256,
    family,
    baseModel,
    triggerWord: triggerWords[0]?.word ?? null,
    ...{ recipe: null, dataset: null, images: null, steps: null, finalLoss: null, curve: [], computeSeconds: 0 },
    resumedFromSteps: [],
    deviations: notes.map((message) => ({ code: made.operation, message })),
    backend: "loramill",
    samples: [],
    made,
  };
  const digest = await stores.documents.put("lora", lora);
  const { triggerWord } = lora;
  const record = { document: digest, name, family, baseModel, triggerWord, tensorsSha256, dataset: null };
  const [most] = ranks;
  ctx.record({
    kind: "lora",
    ...record,
    weightsSha256: weights.sha256,
    bytes: weights.bytes,
    ...(most === undefined ? {} : { rank: most.rank }),
  });
  for (const message of notes) ctx.event("lora.note", { message });
  ctx.event("lora.published", { document: digest, name, bytes: weights.bytes, modules });
  return { digest, shape: "part", items: 1, summary: { loras: 1, modules, bytes: weights.bytes } };
}
