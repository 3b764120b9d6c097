import {
  type BackendContext,
  type CollectedTraining,
  PermanentError,
  type Recipe,
  type RecipeIssue,
  type TrainingRequest,
} from "@loramill/contracts";
import { outcomeMetadata, readSafetensors, tensorsSha256, writeSafetensors } from "@loramill/lora";
import { standardTensors } from "./standard-tensors.ts";
import { COMFYUI_ALPHA, trainSettings } from "./train-settings.ts";
import { downloadTrained, findTrained } from "./trained-file.ts";
import { clientOf, type TrainingDeps } from "./training-deps.ts";

/**
 * Fetches what was trained, under the names that other tools look for and with the metadata that ComfyUI leaves out.
 * `issues` are those of the recipe: what was done in another way is written down with the result.
 */
export async function collectTraining(
  remoteId: string,
  { request, issues }: { readonly request: TrainingRequest; readonly issues: readonly RecipeIssue[] },
  context: BackendContext,
  { records, clients, stores }: TrainingDeps,
): Promise<CollectedTraining> {
  const record = await records.find(context.job);
  if (record === null || record.promptId !== remoteId || record.state !== "ended") {
    throw new PermanentError(`the training of ${request.name} has not ended on ComfyUI: poll it first`, {
      code: "not-trained",
    });
  }
  const client = clientOf(record, clients);
  const file = await findTrained(client, record, context.signal);
  if (file === null) {
    throw new PermanentError(`the trained file of ${request.name} is gone from ${client.name}: train again`, {
      code: "file-missing",
    });
  }
  const trained = readSafetensors(await downloadTrained(client, file, context.signal));
  const { tensors, changes } = standardTensors(trained, request.metadata);
  const outcome = {
    steps: request.recipe.steps,
    computeSeconds: record.seconds[remoteId] ?? 0,
    finalLoss: null,
    tensorsSha256: tensorsSha256(writeSafetensors(tensors)),
  };
  const metadata = { ...request.metadata, ...trainedAs(request.recipe), ...outcomeMetadata(outcome) };
  const bytes = writeSafetensors(tensors, metadata);
  const weights = await stores.blobs.put(bytes, { mediaType: "application/vnd.safetensors", bytes: bytes.length });
  return {
    weights,
    ...outcome,
    curve: [],
    resumedFromSteps: [],
    samples: record.samples,
    deviations: [
      ...issues.map(({ field, message }) => ({ code: field, message })),
      ...record.changes,
      ...changes,
      NO_LOSS,
    ],
  };
}

const NO_LOSS = { code: "no-loss", message: "ComfyUI tells no losses, so there is no curve" };

/** What the file has to say about its training where that was not as the recipe says. */
function trainedAs(recipe: Recipe): Record<string, string> {
  const { learningRate } = trainSettings(recipe);
  return {
    ss_network_alpha: String(COMFYUI_ALPHA),
    ss_learning_rate: String(learningRate),
    ss_lr_scheduler: "constant",
    ss_lr_warmup_steps: "0",
    ss_caption_dropout_rate: "0",
  };
}
