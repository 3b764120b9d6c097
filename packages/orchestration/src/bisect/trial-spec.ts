import type { Digest, RunSpecInput } from "@loramill/contracts";
import type { TrainingFacts } from "./training-differences.ts";

/** What the LoRA of every trial draws, so that they can be compared. */
export interface TrialGrid {
  readonly prompts: readonly string[];
  readonly seeds: readonly number[];
  readonly strengths: readonly number[];
}

export interface TrialRequest extends TrialGrid {
  readonly name: string;
  readonly project: string;
  /** A version that holds the trial's pictures with their captions. */
  readonly dataset: Digest;
  /** What is left of the money. */
  readonly budgetUsd: number | undefined;
}

/**
 * The run that makes a trial: a training and the same grid as all others. Its pictures were judged when they were trained on
 * first, so none is left out now.
 */
export function trialSpec(
  { backend, recipe, prepare }: Omit<TrainingFacts, "pictures">,
  request: TrialRequest,
): RunSpecInput {
  const { name, project, dataset, budgetUsd } = request;
  return {
    ...{ name, project },
    dataset: {
      sources: [{ type: "dataset", digest: dataset }],
      prepare,
      cleaning: { keep: ["*"] },
      gates: { minImages: 1, onLowCoverage: "ignore", onNoCaptions: "ignore" },
    },
    train: { backend: backend as "auto", recipe },
    generate: gridSpec(request),
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
  };
}

/** The same grid with a LoRA that is there already. */
export function gridOfLora(document: Digest, request: Omit<TrialRequest, "dataset">): RunSpecInput {
  const { name, project, budgetUsd } = request;
  return {
    ...{ name, project },
    dataset: { sources: [] },
    generate: { ...gridSpec(request), lora: document },
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
  };
}

const gridSpec = ({ prompts, seeds, strengths }: TrialGrid) => ({
  ...{ prompts: [...prompts], seeds: [...seeds], strengths: [...strengths], grid: true, mode: "manual" as const },
});
