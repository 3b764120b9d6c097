import {
  blobKey,
  type JobContext,
  type JobOutput,
  type LoraDocument,
  type LoraFile,
  type LoraMaking,
  type LoraRole,
  loraBytes,
  withLoraFiles,
} from "@loramill/contracts";
import {
  describeLora,
  fileHashes,
  type LoraDescription,
  type OperationResult,
  objectSource,
  readSafetensorsHeader,
} from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { tooLarge } from "./stored-inputs.ts";

type Naming = Pick<LoraDocument, "name" | "family" | "baseModel"> & { readonly made: LoraMaking };

export interface LoraToPublish extends Naming {
  readonly result: OperationResult;
}

/** A file that was made, in the store. */
export interface StoredResult {
  readonly file: LoraFile;
  readonly modules: number;
  readonly notes: readonly string[];
  readonly description: LoraDescription;
}

/** Stores a LoRA while it is computed, and publishes it: file, document, catalog record. Throws UserError `lora-too-large`. */
export async function publishLora(
  { result, ...naming }: LoraToPublish,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const stored = await storeResult(result, { name: naming.name, role: "both" }, deps, ctx);
  return publishFiles({ stored: [stored], ...naming }, deps, ctx);
}

/** Stores one file of a LoRA while it is computed. Throws UserError `lora-too-large`. */
export async function storeResult(
  { file, modules, notes }: OperationResult,
  { name, role }: { readonly name: string; readonly role: LoraRole },
  { stores, maxBytes }: LoraToolsDeps,
  ctx: JobContext,
): Promise<StoredResult> {
  if (file.size > maxBytes) throw tooLarge(name, file.size, maxBytes);
  const media = { mediaType: "application/vnd.safetensors", bytes: file.size, signal: ctx.signal };
  const weights = await stores.blobs.put(file.chunks, media);
  const source = await objectSource(stores.objects, blobKey(weights.sha256), { signal: ctx.signal });
  const { tensorsSha256 } = await fileHashes(source);
  const description = describeLora(await readSafetensorsHeader(source));
  const said = role === "both" ? notes : notes.map((note) => `for ${role} noise: ${note}`);
  return { file: { role, weights, tensorsSha256 }, modules, notes: said, description };
}

/** Publishes what was stored as one LoRA. */
export async function publishFiles(
  { stored, name, family, baseModel, made }: Naming & { readonly stored: readonly StoredResult[] },
  { stores }: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const notes = stored.flatMap((one) => one.notes);
  const modules = stored.reduce((sum, one) => sum + one.modules, 0);
  const looked = stored[0]?.description;
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name,
    ...withLoraFiles(stored.map(({ file }) => file)),
    family,
    baseModel,
    triggerWord: looked?.triggerWords[0]?.word ?? null,
    ...{ recipe: null, dataset: null, images: null, steps: null, finalLoss: null, curve: [], computeSeconds: 0 },
    resumedFromSteps: [],
    deviations: notes.map((message) => ({ code: made.operation, message })),
    backend: "loramill",
    samples: [],
    made,
  };
  const digest = await stores.documents.put("lora", lora);
  const bytes = loraBytes(lora);
  const { triggerWord, tensorsSha256, weights, files } = lora;
  const rank = looked?.ranks[0]?.rank;
  ctx.record({
    kind: "lora",
    document: digest,
    ...{ name, family, baseModel, triggerWord, tensorsSha256, bytes, dataset: null },
    weightsSha256: weights.sha256,
    ...(files === undefined ? {} : { files }),
    ...(rank === undefined ? {} : { rank }),
  });
  for (const message of notes) ctx.event("lora.note", { message });
  ctx.event("lora.published", { document: digest, name, bytes, modules });
  return { digest, shape: "part", items: 1, summary: { loras: 1, modules, bytes } };
}
