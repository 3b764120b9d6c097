import type { GateResult, GateSettings } from "@loramill/contracts";

export interface GateFacts {
  readonly kept: number;
  /** Kept pictures with a caption of their own. */
  readonly captioned: number;
  /** Whether the run has a caption step, and whether it trains. */
  readonly willCaption: boolean;
  readonly willTrain: boolean;
}

const VERDICTS = { block: "block", warn: "warn", ignore: "pass" } as const;

/** Judges a dataset as a whole; every message names the numbers. */
export function judgeGates(facts: GateFacts, settings: GateSettings): GateResult[] {
  return [judgeCount(facts, settings), judgeCoverage(facts, settings), judgeCaptions(facts, settings)];
}

function judgeCount({ kept }: GateFacts, { minImages, onFewImages }: GateSettings): GateResult {
  const images = kept === 1 ? "1 image" : `${kept} images`;
  return kept < minImages
    ? {
        gate: "min-images",
        verdict: VERDICTS[onFewImages],
        message: `${images}, fewer than the ${minImages} recommended`,
      }
    : { gate: "min-images", verdict: "pass", message: `${images}, at least the ${minImages} recommended` };
}

function judgeCoverage(facts: GateFacts, { minCaptionCoverage, onLowCoverage }: GateSettings): GateResult {
  const { kept, captioned, willCaption } = facts;
  const share = kept === 0 ? 0 : captioned / kept;
  const have = `${captioned} of ${kept} images (${percent(share)}) have a caption of their own`;
  if (share >= minCaptionCoverage) return { gate: "caption-coverage", verdict: "pass", message: have };
  const message = `${have}, less than ${percent(minCaptionCoverage)}`;
  if (willCaption) {
    return { gate: "caption-coverage", verdict: "pass", message: `${message}; the captioner writes the rest` };
  }
  return { gate: "caption-coverage", verdict: VERDICTS[onLowCoverage], message };
}

function judgeCaptions(facts: GateFacts, { onNoCaptions }: GateSettings): GateResult {
  const { captioned, willCaption, willTrain } = facts;
  if (!willTrain || willCaption || captioned > 0) {
    return { gate: "no-captions", verdict: "pass", message: "captions are there, will be written, or are not needed" };
  }
  return {
    gate: "no-captions",
    verdict: VERDICTS[onNoCaptions],
    message: "0 captions and a training would start: add .txt files beside the pictures or a caption step",
  };
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
