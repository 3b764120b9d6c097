import type { ChoiceExplanation, ChosenParameters, DrawingEstimate, PassedLora } from "@loramill/contracts";
import type { Choice } from "../choose/choose.ts";
import { profileOf } from "../parameters/profiles/index.ts";
import { gigabytes, seconds } from "../parameters/refuse.ts";
import { summarise } from "./summarise.ts";

/** A choice with its reasons as one document: kept beside the generation, answered by the API, shown by the CLI. */
export function explainChoice(choice: Choice): ChoiceExplanation {
  const { mode, state, request, analysis, loras, passed, comparison, parameters, estimate, warnings } = choice;
  const { guidanceKind } = profileOf(request.model);
  return {
    format: "loramill-choice/1",
    mode,
    state,
    model: request.model,
    summary: summarise({ loras, parameters, guidanceKind, analysis }),
    prompt: analysis,
    loras: [...loras],
    passed: [...passed],
    comparison,
    parameters,
    guidanceKind,
    estimate,
    warnings: [...warnings],
    performance: notePerformance(estimate, parameters),
    wouldChange: [
      ...loras.flatMap(({ counterfactuals }) => counterfactuals.map(({ text }) => text)),
      ...passed.slice(0, 3).map(sayWhatWouldLetIn),
      ...choice.alternatives,
    ],
  };
}

function notePerformance(
  { seconds: time, vramBytes, jobs }: DrawingEstimate,
  { precision, offload }: ChosenParameters,
) {
  const basis =
    jobs === 0
      ? "from the number of operations, no job of this model has ended here yet"
      : `corrected by ${jobs} finished ${jobs === 1 ? "job" : "jobs"}`;
  return [
    `about ${seconds(time.p50)}, nine of ten within ${seconds(time.p90)} (${basis}; loading the model not included)`,
    `about ${gigabytes(vramBytes.p50)} of graphics memory, nine of ten within ${gigabytes(vramBytes.p90)}`,
    `weights in ${precision.value}, ${OFFLOADING[offload.value]}`,
  ];
}

const OFFLOADING = {
  none: "all of them in graphics memory",
  "text-encoders": "text encoders leave graphics memory before the first step",
  blocks: "blocks wait in main memory and are brought in turn by turn; more memory would make it faster",
  sequential: "layers are brought in one by one, which is slow; more memory would make it several times faster",
} as const;

const LET_IN: Readonly<Record<PassedLora["because"], string>> = {
  confidence: "a lower minConfidence would let it in",
  count: "a higher maxLoras would let it in",
  style: "style mixing would let it in",
  "same-words": "it would take their place if they were dropped",
  budget: "a higher strengthBudget would let it in",
};

function sayWhatWouldLetIn({ name, text, because }: PassedLora): string {
  return `${name} is not applied: ${text}; ${LET_IN[because]}`;
}
