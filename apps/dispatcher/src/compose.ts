import type { Digest, JobOutput, Json, JsonObject, StepId } from "@loramill/contracts";
import { PermanentError } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

export interface ComposedOutput {
  readonly output: Digest;
  readonly items: number;
  readonly summary: JsonObject;
  /** False where a job was cut short: no other run may take it for what was asked for. */
  readonly isWhole: boolean;
}

/**
 * The output of a step whose jobs have ended: the document of its only job, where that lists parts itself; else a new
 * document that lists the jobs' parts in their order.
 */
export async function composeOutput(
  step: StepId,
  { catalog, stores }: Pick<DispatcherDeps, "catalog" | "stores">,
): Promise<ComposedOutput> {
  const outputs = await catalog.jobs.outputs(step);
  const whole = outputs.find((output) => output.shape === "parts");
  if (whole !== undefined && outputs.length > 1) {
    throw new PermanentError("a job of a step with several jobs answered a whole document instead of a part", {
      code: "mixed-output",
    });
  }
  const output = whole?.digest ?? (await stores.documents.put("parts", { parts: outputs.map((part) => part.digest) }));
  return {
    output,
    items: outputs.reduce((sum, part) => sum + part.items, 0),
    summary: addSummaries(outputs),
    isWhole: outputs.every(({ complete }) => complete !== false),
  };
}

/** Adds numbers up, goes into objects, and keeps of words and lists what the first job said. */
export function addSummaries(outputs: readonly Pick<JobOutput, "summary">[]): JsonObject {
  return outputs.reduce<JsonObject>((sum, output) => merge(sum, output.summary), {});
}

function merge(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const known = merged[name];
    if (known === undefined) merged[name] = value;
    else if (typeof known === "number" && typeof value === "number") merged[name] = known + value;
    else if (isObject(known) && isObject(value)) merged[name] = merge(known, value);
  }
  return merged;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
