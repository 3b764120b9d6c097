import {
  type BackendContext,
  type CollectedTraining,
  type LoraFile,
  PermanentError,
  type TrainingRequest,
  withLoraFiles,
} from "@loramill/contracts";
import { outcomeMetadata, replaceMetadata, tensorsSha256 } from "@loramill/lora";
import { type CommittedSave, readSavedFile, savedWeights } from "./agent-checkpoints.ts";
import type { AgentDeps } from "./agent-deps.ts";
import { readAllSamples } from "./agent-samples.ts";
import { finalSave, type KnownTraining, knowTraining, savesOf } from "./know-training.ts";

/** Takes the LoRA out of the final save, with the metadata of the request. PermanentError `not-trained` without one. */
export async function collectTraining(
  request: TrainingRequest,
  context: BackendContext,
  deps: AgentDeps,
): Promise<CollectedTraining> {
  const record = await deps.records.find(context.job);
  const known = await knowTraining(request, record?.marker === request.marker ? record : null, deps);
  const end = await finalSave(known, record, context, deps);
  if (end === null) {
    throw new PermanentError(`no agent has put the LoRA ${request.name} into the store: poll it first`, {
      code: "not-trained",
    });
  }
  return readSave(end, request, known, context, deps);
}

/** Takes the LoRA out of the newest checkpoint of a training that was stopped; null without one. */
export async function collectCheckpoint(
  request: TrainingRequest,
  context: BackendContext,
  deps: AgentDeps,
): Promise<CollectedTraining | null> {
  const record = await deps.records.find(context.job);
  if (record?.marker !== request.marker) return null;
  const known = await knowTraining(request, record, deps);
  const [newest] = await savesOf(known, record, context, deps);
  return newest === undefined ? null : readSave(newest, request, known, context, deps);
}

async function readSave(
  { manifest }: CommittedSave,
  request: TrainingRequest,
  known: KnownTraining,
  context: BackendContext,
  { stores }: AgentDeps,
): Promise<CollectedTraining> {
  const { step: steps, paidSeconds: computeSeconds, loss: finalLoss, curve, resumedFromSteps } = manifest;
  const files: LoraFile[] = [];
  // One after the other: each is in memory as a whole.
  for (const { role, file } of savedWeights(manifest)) {
    const plain = await readSavedFile(stores.objects, file, context.signal);
    const outcome = { steps, computeSeconds, finalLoss, tensorsSha256: tensorsSha256(plain), role };
    const whole = replaceMetadata(plain, { ...request.metadata, ...outcomeMetadata(outcome) });
    const media = { mediaType: "application/vnd.safetensors", bytes: whole.length };
    const weights = await stores.blobs.put(whole, { ...media, signal: context.signal });
    files.push({ role, weights, tensorsSha256: outcome.tensorsSha256 });
  }
  const of = { recipe: request.recipe, lineage: known.digests.lineage };
  const samples = await readAllSamples(of, stores, context);
  const outcome = { steps, computeSeconds, finalLoss, curve, resumedFromSteps, samples };
  return { ...withLoraFiles(files), ...outcome, deviations: [] };
}
