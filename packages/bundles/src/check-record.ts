import {
  type Digest,
  type DocumentReferences,
  outputAt,
  type PlanLock,
  type PlannedStep,
  referencesOfStep,
} from "@loramill/contracts";
import { badBundle } from "./bad-bundle.ts";
import type { RunRecord, StepRecord } from "./run-record.ts";

/** A step of a bundle: what was planned, and how it ended. */
export interface BundledStep {
  readonly planned: PlannedStep;
  readonly record: StepRecord;
}

type StepKeyOf = (step: PlannedStep, inputs: Readonly<Record<string, Digest>>) => Digest;

/**
 * Holds a run's record against its plan: the same steps, inputs that are the outputs of the steps they name, and keys that
 * are the digests of what they stand for. That is all that can be known without doing the work again: that an output was
 * really made so is the bundle's word. `digest` is that of the plan as it is written. Throws UserError `bad-bundle`.
 */
export function checkRecord(
  record: RunRecord,
  { lock, digest }: { readonly lock: PlanLock; readonly digest: Digest },
  stepKey: StepKeyOf,
): BundledStep[] {
  if (digest !== record.lock) throw badBundle("its plan is not the one that its run followed");
  if (record.steps.length !== lock.steps.length) throw badBundle("its run has other steps than its plan");
  const outputs = new Map(record.steps.map(({ name, output }) => [name, output]));
  if (outputs.size !== record.steps.length) throw badBundle("two of its steps have the same name");
  return lock.steps.map((planned, at) => {
    const step = record.steps[at];
    if (step === undefined || step.name !== planned.name)
      throw badBundle("its steps are in another order than planned");
    checkStep(planned, step, { outputs, stepKey });
    return { planned, record: step };
  });
}

function checkStep(
  planned: PlannedStep,
  { name, state, key, inputs, output }: StepRecord,
  { outputs, stepKey }: { readonly outputs: ReadonlyMap<string, Digest | null>; readonly stepKey: StepKeyOf },
): void {
  const isDone = state === "succeeded" || state === "reused";
  if (isDone !== (output !== null))
    throw badBundle(`its step ${name} is ${state} and ${isDone ? "has no" : "has an"} output`);
  if (output === null) return;
  if (outputAt(planned.kind, output) === null) throw badBundle(`its step ${name} is of a kind that has no output`);
  const needs = [...planned.needs].sort();
  if (needs.join() !== Object.keys(inputs).sort().join())
    throw badBundle(`its step ${name} has other inputs than planned`);
  const strange = needs.find((need) => outputs.get(need) !== inputs[need]);
  if (strange !== undefined)
    throw badBundle(`its step ${name} was made from another output of ${strange} than there is`);
  if (key !== stepKey(planned, inputs)) throw badBundle(`the key of its step ${name} does not stand for what it says`);
}

/** What a run's bundle has to hold: the outputs of its steps, and what these read and name besides. */
export function referencesOfRun(steps: readonly BundledStep[]): DocumentReferences {
  const each = steps.map(({ planned, record }) => referencesOfStep(planned, record.summary));
  return {
    documents: [
      ...steps.flatMap(({ planned, record }) => outputsOf(planned, record)),
      ...each.flatMap((one) => one.documents),
    ],
    blobs: each.flatMap((one) => one.blobs),
  };
}

function outputsOf({ kind }: PlannedStep, { output }: StepRecord) {
  const at = output === null ? null : outputAt(kind, output);
  return at === null ? [] : [at];
}
