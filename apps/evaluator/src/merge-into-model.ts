import type { InputOf, JobContext, JobOutput, ModelDocument } from "@loramill/contracts";
import { mergeIntoFile } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { madeFromLoras, madeFromModel } from "./made-from.ts";
import { openLoras, openModel } from "./stored-inputs.ts";
import { toolRun } from "./tool-run.ts";

/**
 * Makes a checkpoint with LoRAs in its weights. Bytes go from the store through the threads to the store, a few tensors in
 * memory at a time, however large the checkpoint is.
 */
export async function mergeIntoModel(
  { params }: InputOf<"merge-into-model">,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { name, model, from, leaveOut } = params;
  const { stores, threads } = deps;
  const opening = { ...deps, signal: ctx.signal };
  const loras = await openLoras(from, opening);
  const { source } = await openModel(model, opening);
  const { file, modules, notes } = await mergeIntoFile(source, loras, { name, leaveOut, ...toolRun(threads, ctx) });
  const media = { mediaType: "application/vnd.safetensors", bytes: file.size, signal: ctx.signal };
  const document: ModelDocument = {
    format: "loramill-model/1",
    name,
    weights: await stores.blobs.put(file.chunks, media),
    family: model.family,
    made: {
      operation: "merge-into",
      settings: { leaveOut },
      from: [madeFromModel(model, 1), ...madeFromLoras(from, loras)],
    },
    notes: [...notes],
  };
  const { bytes } = document.weights;
  for (const message of notes) ctx.event("model.note", { message });
  ctx.event("model.made", { name, bytes, modules });
  const digest = await stores.documents.put("model", document);
  return { digest, shape: "part", items: 1, summary: { models: 1, modules, bytes } };
}
