import type { Figures } from "../harness.ts";
import { cheapestFirst, impatient, type Month, onDemandOnly, ours, runMonth } from "./month.ts";
import { actualByQuote, costByOptimum } from "./small-cases.ts";

/** For each seed. */
const CASES = 20;
/** Other ways to plan are only there to compare with: more seeds tell no more of them. */
const COMPARED_SEEDS = 5;

/**
 * Whole fleets in virtual time, for seeds 1 to `seeds`: a month of 1,000 jobs in a market with list prices and in one with moving
 * prices, cases of up to 12 jobs against the exact optimum, and runs against what was quoted for them.
 */
export async function measureFleet(seeds: number): Promise<Figures> {
  const numbers = Array.from({ length: seeds }, (_, index) => index + 1);
  const compared = numbers.slice(0, COMPARED_SEEDS);
  const cases = numbers.flatMap((seed) => Array.from({ length: CASES }, (_, index) => (seed - 1) * CASES + index + 1));

  const began = performance.now();
  const months = await each(numbers, (seed) => runMonth(ours, { shape: "list", seed }));
  const monthSeconds = (performance.now() - began) / 1_000 / seeds;
  const moving = await each(numbers, (seed) => runMonth(ours, { shape: "moving", seed }));
  const hasty = await each(compared, (seed) => runMonth(impatient, { shape: "moving", seed }));
  const onDemand = await each(compared, (seed) => runMonth(onDemandOnly, { shape: "list", seed }));
  const cheapest = await each(compared, (seed) => runMonth(cheapestFirst, { shape: "list", seed }));
  const optima = await each(cases, costByOptimum);
  const quotes = await each(cases, (seed) => actualByQuote(seed, seed % 2 === 0 ? "list" : "moving"));

  const all = [...months, ...moving];
  const same = months.slice(0, compared.length);
  return {
    vsOptimum: mean(optima),
    vsOptimumWorst: Math.max(...optima),
    vsBound: mean(months.map(({ vsBound }) => vsBound)),
    vsBoundWorst: Math.max(...months.map(({ vsBound }) => vsBound)),
    vsHourlyBound: mean(moving.map(({ vsHourlyBound }) => vsHourlyBound)),
    vsHourlyBoundWorst: Math.max(...moving.map(({ vsHourlyBound }) => vsHourlyBound)),
    vsHourlyBoundImpatient: mean(hasty.map(({ vsHourlyBound }) => vsHourlyBound)),
    vsBoundMoving: mean(moving.map(({ vsBound }) => vsBound)),
    vsImpatient: cost(moving.slice(0, compared.length)) / cost(hasty),
    vsOnDemand: cost(same) / cost(onDemand),
    vsCheapestFirst: cost(same) / cost(cheapest),
    withinQuote: share(quotes, ({ cost: ofQuote }) => ofQuote <= 1),
    withinQuotedTime: share(quotes, ({ time }) => time <= 1),
    missedDeadlines: mean(all.map(({ missed }) => missed)),
    missedCheapestFirst: mean(cheapest.map(({ missed }) => missed)),
    ceilingViolations: sum(all.map(({ ceilingViolations }) => ceilingViolations)),
    orphans: sum(all.map(({ orphans }) => orphans)),
    ledgerGapMicroUsd: sum(
      all.map(({ ledgerMicroUsd, billMicroUsd, booksMicroUsd }) =>
        Math.max(Math.abs(ledgerMicroUsd - billMicroUsd), Math.abs(booksMicroUsd - billMicroUsd)),
      ),
    ),
    preemptions: mean(all.map(({ jobs }) => sum(jobs.map(({ preemptions }) => preemptions)))),
    monthSeconds,
  };
}

async function each<T, U>(values: readonly T[], run: (value: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const value of values) results.push(await run(value));
  return results;
}

const cost = (months: readonly Month[]): number => sum(months.map(({ billMicroUsd }) => billMicroUsd));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const share = <T>(values: readonly T[], holds: (value: T) => boolean): number =>
  values.filter(holds).length / values.length;
