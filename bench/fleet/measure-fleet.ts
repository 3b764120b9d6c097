import type { Figures } from "../harness.ts";
import type { MarketShape } from "./markets.ts";
import type { MonthSum, PlannerName } from "./month.ts";
import type { Worlds } from "./worlds.ts";

/** For each seed. */
const CASES = 20;
/** Other ways to plan, and the recorded stock, are only there to compare with: more seeds tell no more of them. */
const COMPARED_SEEDS = 5;

/** Hears what was measured, and how far that is: a month takes up to half a minute. */
export type Told = (what: string) => void;

/** Months of ours, and what was measured by them. */
export interface Measured<M extends MonthSum> {
  readonly months: readonly M[];
  readonly figures: Figures;
}

interface Measuring<M extends MonthSum> {
  readonly worlds: Worlds<M>;
  readonly told?: Told | undefined;
}

/**
 * Whole fleets in virtual time, for seeds 1 to `seeds`: a month of 1,000 jobs in a market with list prices, in one with moving
 * prices and in one with recorded stock, cases of up to 12 jobs against the exact optimum, and runs against what was quoted for them.
 */
export async function measureFleet(seeds: number, measuring: Measuring<MonthSum>): Promise<Figures> {
  const list = await measureListed(seeds, measuring);
  const moving = await measureMoving(seeds, measuring);
  const recorded = await measureRecorded(seeds, measuring);
  const cases = await measureCases(seeds, measuring);
  return {
    ...cases,
    ...list.figures,
    ...moving.figures,
    ...recorded.figures,
    ...soundness([...list.months, ...moving.months, ...recorded.months]),
  };
}

/** Where prices stand, as RunPod's do: also by planners that know less. */
export async function measureListed<M extends MonthSum>(
  seeds: number,
  { comparedSeeds = COMPARED_SEEDS, ...measuring }: Measuring<M> & { readonly comparedSeeds?: number },
): Promise<Measured<M>> {
  const months = await runMonths("ours", "list", seeds, measuring);
  const compared = Math.min(seeds, comparedSeeds);
  const onDemand = await runMonths("onDemandOnly", "list", compared, measuring);
  const cheapest = await runMonths("cheapestFirst", "list", compared, measuring);
  const bounds = months.map(({ vsBound }) => vsBound);
  return {
    months,
    figures: {
      vsBound: mean(bounds),
      vsBoundWorst: Math.max(...bounds),
      vsOnDemand: costBy(months, onDemand),
      vsCheapestFirst: costBy(months, cheapest),
      missedCheapestFirst: mean(cheapest.map(({ missed }) => missed)),
      monthSeconds: mean(months.map(({ seconds }) => seconds)),
    },
  };
}

/** Where prices move by the hour: also by a planner that never waits for a better one. */
export async function measureMoving<M extends MonthSum>(seeds: number, measuring: Measuring<M>): Promise<Measured<M>> {
  const months = await runMonths("ours", "moving", seeds, measuring);
  const hasty = await runMonths("impatient", "moving", Math.min(seeds, COMPARED_SEEDS), measuring);
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
export async function measureRecorded<M extends MonthSum>(
  seeds: number,
  measuring: Measuring<M>,
): Promise<Measured<M>> {
  const compared = Math.min(seeds, COMPARED_SEEDS);
  const months = await runMonths("ours", "recorded", compared, measuring);
  const onDemand = await runMonths("onDemandOnly", "recorded", compared, measuring);
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
export async function measureCases(seeds: number, { worlds, told }: Measuring<MonthSum>): Promise<Figures> {
  const cases = countTo(seeds * CASES);
  const optima = await each(cases, worlds.atOnce, (seed) => worlds.smallCase(seed));
  told?.(`${cases.length} small cases`);
  const quotes = await each(cases, worlds.atOnce, (seed) => worlds.quote(seed));
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
export function soundness(months: readonly MonthSum[]): Figures {
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

function runMonths<M extends MonthSum>(
  planner: PlannerName,
  shape: MarketShape,
  seeds: number,
  { worlds, told }: Measuring<M>,
): Promise<M[]> {
  return each(countTo(seeds), worlds.atOnce, async (seed) => {
    const month = await worlds.month(planner, shape, seed);
    told?.(`month ${seed} of ${seeds} with ${shape} prices, planned by ${planner}`);
    return month;
  });
}

const countTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** In their order, so many at once. */
async function each<T, U>(values: readonly T[], atOnce: number, run: (value: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  const rest = values.entries();
  const lane = async () => {
    for (const [at, value] of rest) results[at] = await run(value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

/** Of the same seeds. */
const costBy = (months: readonly MonthSum[], others: readonly MonthSum[]): number =>
  bill(months.slice(0, others.length)) / bill(others);
const bill = (months: readonly MonthSum[]): number => sum(months.map(({ billMicroUsd }) => billMicroUsd));
/** By the month. */
const preemptionsIn = (months: readonly MonthSum[]): number => mean(months.map(({ preemptions }) => preemptions));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const share = <T>(values: readonly T[], holds: (value: T) => boolean): number =>
  values.filter(holds).length / values.length;
