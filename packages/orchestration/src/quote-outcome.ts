import type { MicroUsd, Quote, QuoteOutcome, QuoteVerdict, RunQuote, RunState, StepState } from "@loramill/contracts";

/** What a run that has ended came to. */
export interface RunBill {
  readonly state: RunState;
  /** What its steps became, by their names. */
  readonly steps: Readonly<Record<string, StepState>>;
  /** With its share of the boot and idle time of rented machines. */
  readonly billedMicroUsd: MicroUsd;
}

/** What is kept of a quote with the run that it was for. */
export function rememberedQuote({ seconds, costMicroUsd, expectedMicroUsd, steps }: Quote): RunQuote {
  return {
    ...{ seconds, costMicroUsd, expectedMicroUsd },
    steps: steps
      .filter(({ costMicroUsd: { p90 } }) => p90 > 0)
      .map(({ name, costMicroUsd, expectedMicroUsd, parts }) => ({ name, costMicroUsd, expectedMicroUsd, parts })),
  };
}

/**
 * How a run's bill lies to its quote; null where there is nothing to hold against each other: it was free, as it was quoted, or
 * it ended before it was done and cost less for that. Steps whose results an earlier run had after all were not paid for.
 * `gapShare`: what is billed may be so far from what was expected, either way, and still count as quoted.
 */
export function holdAgainstQuote(
  quote: RunQuote,
  { state, steps, billedMicroUsd }: RunBill,
  allowed: { readonly gapShare: number },
): QuoteOutcome | null {
  const ran = quote.steps.filter(({ name }) => steps[name] !== "reused");
  const expectedMicroUsd = ran.reduce((sum, step) => sum + step.expectedMicroUsd, 0);
  const p90MicroUsd = ran.reduce((sum, { costMicroUsd }) => sum + costMicroUsd.p90, 0);
  if (expectedMicroUsd === 0 && billedMicroUsd === 0) return null;
  const gapShare = expectedMicroUsd > 0 ? billedMicroUsd / expectedMicroUsd - 1 : 1;
  const verdict = verdictOn({ expectedMicroUsd, p90MicroUsd, billedMicroUsd }, allowed);
  if (state !== "succeeded" && verdict !== "beyond-p90") return null;
  return { verdict, expectedMicroUsd, p90MicroUsd, billedMicroUsd, gapShare };
}

function verdictOn(
  { expectedMicroUsd, p90MicroUsd, billedMicroUsd }: Pick<QuoteOutcome, `${"expected" | "p90" | "billed"}MicroUsd`>,
  allowed: { readonly gapShare: number },
): QuoteVerdict {
  const gap = billedMicroUsd - expectedMicroUsd;
  if (Math.abs(gap) <= expectedMicroUsd * allowed.gapShare) return "as-quoted";
  if (gap < 0) return "below";
  return billedMicroUsd > p90MicroUsd ? "beyond-p90" : "above";
}
