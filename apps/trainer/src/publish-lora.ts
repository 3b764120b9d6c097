import {
  type CollectedTraining,
  type InputOf,
  type JobContext,
  type JobOutput,
  type JsonObject,
  type LoraDocument,
  type LoraFile,
  type LossPoint,
  loraBytes,
  loraFileName,
  loraFiles,
  PermanentError,
  type TrainingRequest,
  trainedRoles,
  UserError,
  withLoraFiles,
} from "@loramill/contracts";
import { checkLora, readSafetensors, tensorsSha256 } from "@loramill/lora";
import type { TrainerDeps } from "./training.ts";

/** A curve in a document has at most this many points; longer ones are thinned. */
const MAX_CURVE_POINTS = 10_000;
/** Of more pictures drawn on the way, the last. */
const MAX_SAMPLES = 10_000;

/** Checks the collected file, value by value, and publishes it: document, catalog record, output. */
export async function publishLora(
  collected: CollectedTraining,
  request: TrainingRequest,
  input: InputOf<"train-lora">,
  deviations: LoraDocument["deviations"],
  { stores, limits }: Pick<TrainerDeps, "stores" | "limits">,
  ctx: JobContext,
): Promise<JobOutput> {
  const { name, recipe, triggerWord, backend } = input.params;
  await verify(collected, request, { stores, limits }, ctx.signal);
  const lora: LoraDocument = {
    format: "loramill-lora/1",
    name,
    ...withLoraFiles(loraFiles(collected)),
    family: recipe.family,
    baseModel: recipe.baseModel,
    triggerWord,
    recipe: { ...recipe } satisfies JsonObject,
    dataset: input.inputs.dataset,
    images: request.images.length,
    steps: collected.steps,
    finalLoss: collected.finalLoss,
    curve: thin(collected.curve),
    computeSeconds: collected.computeSeconds,
    resumedFromSteps: [...collected.resumedFromSteps],
    deviations: [...deviations, ...collected.deviations],
    backend,
    samples: [...(collected.samples ?? [])].slice(-MAX_SAMPLES),
    made: null,
  };
  const digest = await stores.documents.put("lora", lora);
  ctx.record({
    kind: "lora",
    document: digest,
    name,
    family: lora.family,
    baseModel: lora.baseModel,
    triggerWord,
    weightsSha256: lora.weights.sha256,
    tensorsSha256: lora.tensorsSha256,
    bytes: loraBytes(lora),
    ...(lora.files === undefined ? {} : { files: lora.files }),
    dataset: lora.dataset,
    rank: recipe.rank,
  });
  ctx.event("lora.published", { document: digest, name, bytes: loraBytes(lora), steps: lora.steps });
  const summary: JsonObject = {
    loras: 1,
    steps: lora.steps,
    finalLoss: lora.finalLoss,
    computeSeconds: Math.round(lora.computeSeconds * 10) / 10,
    bytes: loraBytes(lora),
  };
  return { digest, shape: "part", items: 1, summary };
}

/** PermanentError `bad-weights`: the backend said it succeeded, and what it made cannot be used. */
async function verify(
  collected: CollectedTraining,
  { name, recipe }: Pick<TrainingRequest, "name" | "recipe">,
  deps: Pick<TrainerDeps, "stores" | "limits">,
  signal: AbortSignal,
): Promise<void> {
  const files = loraFiles(collected);
  const missing = trainedRoles(recipe).filter((wanted) => files.every(({ role }) => role !== wanted));
  const problems = missing.map((role) => `there is no ${loraFileName(name, role)}`);
  for (const { role, ...file } of files) {
    const where = role === "both" ? "" : `for ${role} noise, `;
    problems.push(...(await problemsOf(file, deps, signal)).map((problem) => `${where}${problem}`));
  }
  if (problems.length === 0) return;
  const shown = problems.slice(0, 3).join("; ");
  throw new PermanentError(`The trained LoRA ${name} cannot be used: ${shown}. Nothing was published; train again`, {
    code: "bad-weights",
    details: { problems: problems.length },
  });
}

async function problemsOf(
  { weights, tensorsSha256: named }: Pick<LoraFile, "weights" | "tensorsSha256">,
  { stores, limits }: Pick<TrainerDeps, "stores" | "limits">,
  signal: AbortSignal,
): Promise<string[]> {
  const bytes = await stores.blobs.read(weights, { maxBytes: limits.loraBytes, signal });
  try {
    const problems = checkLora(readSafetensors(bytes));
    return tensorsSha256(bytes) === named
      ? problems
      : [...problems, "its tensor hash is not the one the backend named"];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error.message];
  }
}

/** Every n-th point and the last one. */
function thin(curve: readonly LossPoint[]): LossPoint[] {
  const every = Math.ceil(curve.length / (MAX_CURVE_POINTS - 1));
  return curve.filter((_, i) => every <= 1 || i % every === 0 || i === curve.length - 1);
}
