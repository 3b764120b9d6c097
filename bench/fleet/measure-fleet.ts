import type { Figures } from "../harness.ts";
import type { MarketShape } from "./markets.ts";
import { cheapestFirst, impatient, type Month, onDemandOnly, ours, type Planner, runMonth } from "./month.ts";
import { actualByQuote, costByOptimum } from "./small-cases.ts";

/** For each seed. */
const CASES = 20;
/** Other ways to plan, and the recorded stock, are only there to compare with: more seeds tell no more of them. */
const COMPARED_SEEDS = 5;

/** Hears what was measured, and how far that is: a month takes up to half a minute. */
export type Told = (what: string) => void;

/** Months of ours, and what was measured by them. */
export interface Measured {
  readonly months: readonly Month[];
  readonly figures: Figures;
}

/**
 * Whole fleets in virtual time, for seeds 1 to `seeds`: a month of 1,000 jobs in a market with list prices, in one with moving
 * prices and in one with recorded stock, cases of up to 12 jobs against the exact optimum, and runs against what was quoted for them.
 */
export async function measureFleet(seeds: number, told: Told = () => {}): Promise<Figures> {
  const list = await measureListed(seeds, { told });
  const moving = await measureMoving(seeds, told);
  const recorded = await measureRecorded(seeds, told);
  const cases = await measureCases(seeds, told);
  return {
    ...cases,
    ...list.figures,
    ...moving.figures,
    ...recorded.figures,
    ...soundness([...list.months, ...moving.months, ...recorded.months]),
  };
}

/** Where prices stand, as RunPod's do: also by planners that know less. */
export async function measureListed(
  seeds: number,
  { told, comparedSeeds = COMPARED_SEEDS }: { readonly told?: Told; readonly comparedSeeds?: number } = {},
): Promise<Measured> {
  const began = performance.now();
  const months = await runMonths(ours, "list", { seeds, told });
  const monthSeconds = (performance.now() - began) / 1_000 / seeds;
  const compared = Math.min(seeds, comparedSeeds);
  const onDemand = await runMonths(onDemandOnly, "list", { seeds: compared });
  const cheapest = await runMonths(cheapestFirst, "list", { seeds: compared });
  const bounds = months.map(({ vsBound }) => vsBound);
  return {
    months,
    figures: {
      vsBound: mean(bounds),
      vsBoundWorst: Math.max(...bounds),
      vsOnDemand: costBy(months, onDemand),
      vsCheapestFirst: costBy(months, cheapest),
      missedCheapestFirst: mean(cheapest.map(({ missed }) => missed)),
      monthSeconds,
    },
  };
}

/** Where prices move by the hour: also by a planner that never waits for a better one. */
export async function measureMoving(seeds: number, told?: Told): Promise<Measured> {
  const months = await runMonths(ours, "moving", { seeds, told });
  const hasty = await runMonths(impatient, "moving", { seeds: Math.min(seeds, COMPARED_SEEDS) });
  const bounds = months.map(({ vsHourlyBound }) => vsHourlyBound);
  return {
    months,
    figures: {
      vsHourlyBound: mean(bounds),
      vsHourlyBoundWorst: Math.max(...bounds),
      vsHourlyBoundImpatient: mean(hasty.map(({ vsHourlyBound }) => vsHourlyBound)),
      vsBoundMoving: mean(months.map(({ vsBound }) => vsBound)),
      vsImpatient: costBy(months, hasty),
    },
  };
}

/** Where spot is there, sold out and taken back as it was recorded. */
export async function measureRecorded(seeds: number, told?: Told): Promise<Measured> {
  const months = await runMonths(ours, "recorded", { seeds: Math.min(seeds, COMPARED_SEEDS), told });
  const onDemand = await runMonths(onDemandOnly, "recorded", { seeds: months.length });
  return {
    months,
    figures: {
      vsBoundRecorded: mean(months.map(({ vsBound }) => vsBound)),
      vsOnDemandRecorded: costBy(months, onDemand),
      missedRecorded: mean(months.map(({ missed }) => missed)),
      preemptionsRecorded: preemptionsIn(months),
    },
  };
}

/** Small cases against the exact optimum, and runs against their quotes. */
export async function measureCases(seeds: number, told?: Told): Promise<Figures> {
  const cases = countTo(seeds * CASES);
  const optima = await each(cases, costByOptimum);
  told?.(`${cases.length} small cases`);
  const quotes = await each(cases, (seed) => actualByQuote(seed, seed % 2 === 0 ? "list" : "moving"));
  told?.(`${cases.length} quotes`);
  return {
    vsOptimum: mean(optima.map(({ cost }) => cost)),
    vsOptimumWorst: Math.max(...optima.map(({ cost }) => cost)),
    missedByOptimum: mean(optima.map(({ missed }) => missed)),
    withinQuote: share(quotes, ({ cost }) => cost <= 1),
    withinQuotedTime: share(quotes, ({ time }) => time <= 1),
  };
}

/** What may not happen in any world. */
export function soundness(months: readonly Month[]): Figures {
  return {
    missedDeadlines: mean(months.map(({ missed }) => missed)),
    ceilingViolations: sum(months.map(({ ceilingViolations }) => ceilingViolations)),
    orphans: sum(months.map(({ orphans }) => orphans)),
    ledgerGapMicroUsd: sum(
      months.map(({ ledgerMicroUsd, billMicroUsd, booksMicroUsd }) =>
        Math.max(Math.abs(ledgerMicroUsd - billMicroUsd), Math.abs(booksMicroUsd - billMicroUsd)),
      ),
    ),
    preemptions: preemptionsIn(months),
  };
}

function runMonths(
  plan: Planner,
  shape: MarketShape,
  { seeds, told }: { readonly seeds: number; readonly told?: Told | undefined },
): Promise<Month[]> {
  return each(countTo(seeds), async (seed) => {
    const month = await runMonth(plan, { shape, seed });
    told?.(`month ${seed} of ${seeds} with ${shape} prices`);
    return month;
  });
}

const countTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

async function each<T, U>(values: readonly T[], run: (value: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const value of values) results.push(await run(value));
  return results;
}

/** Of the same seeds. */
const costBy = (months: readonly Month[], others: readonly Month[]): number =>
  bill(months.slice(0, others.length)) / bill(others);
const bill = (months: readonly Month[]): number => sum(months.map(({ billMicroUsd }) => billMicroUsd));
/** By the month. */
const preemptionsIn = (months: readonly Month[]): number =>
  mean(months.map(({ jobs }) => sum(jobs.map(({ preemptions }) => preemptions))));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const share = <T>(values: readonly T[], holds: (value: T) => boolean): number =>
  values.filter(holds).length / values.length;
