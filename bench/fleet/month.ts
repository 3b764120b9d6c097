import type { FleetDecision, FleetFacts } from "@loramill/contracts";
import { defaultFleetSettings, planFleet } from "@loramill/fleet";
import { drawJobs } from "./draw-jobs.ts";
import { hourlyBound } from "./hourly-bound.ts";
import { lowerBound } from "./lower-bound.ts";
import { drawWorldMarket, type MarketShape } from "./markets.ts";
import { planCheapestFirst } from "./plan-cheapest-first.ts";
import { runWorld, type WorldResult } from "./world.ts";
import { USUAL_BANDWIDTH, usualScript } from "./world-defaults.ts";
import { isLate } from "./world-job.ts";
import { START } from "./world-state.ts";

/** Thirty days, on average: requests come by chance. */
const HOURS = 720;
const HOUR_MS = 3_600_000;
const CEILING_MICRO_USD_PER_HOUR = 8_000_000;

/** What figures are made of, without the jobs. */
export interface MonthSum extends Omit<WorldResult, "jobs"> {
  readonly vsBound: number;
  /** Cost by what it costs who pays in each hour what machines cost then. */
  readonly vsHourlyBound: number;
  /** Of all jobs. */
  readonly missed: number;
  readonly preemptions: number;
  /** Of real time, bounds included. */
  readonly seconds: number;
}

export interface Month extends MonthSum, WorldResult {}

export type Planner = (facts: FleetFacts) => readonly FleetDecision[];

export const ours: Planner = (facts) => planFleet(facts, defaultFleetSettings);

/** Ours, as if nobody had time. */
export const impatient: Planner = (facts) => planFleet(facts, { ...defaultFleetSettings, patience: "off" });

/** Ours, as if nothing were sold as spot. */
export const onDemandOnly: Planner = (facts) =>
  ours({ ...facts, offers: facts.offers.filter(({ interruptible }) => !interruptible) });

export const cheapestFirst: Planner = planCheapestFirst;

/** By the name under which a thread is asked for one. */
export const planners = { ours, impatient, onDemandOnly, cheapestFirst };
export type PlannerName = keyof typeof planners;

/** A month of so many jobs, most of them in batches, each due between one and 24 hours after it could have been done. */
export async function runMonth(
  plan: Planner,
  { shape, seed, count = 1_000 }: { readonly shape: MarketShape; readonly seed: number; readonly count?: number },
): Promise<Month> {
  const began = performance.now();
  const jobs = drawJobs({ seed, count, hours: HOURS, batch: 20, slackHours: [1, 24] });
  const lastMs = Math.max(...jobs.map(({ arrivesMs, deadlineMs }) => deadlineMs ?? arrivesMs));
  const hours = Math.ceil((lastMs - START.getTime()) / HOUR_MS) + 1;
  const market = drawWorldMarket(shape, seed, hours);
  const script = usualScript(seed, market);
  const result = await runWorld({
    script,
    jobs,
    plan,
    perHourMicroUsd: CEILING_MICRO_USD_PER_HOUR,
    bandwidth: USUAL_BANDWIDTH,
    lostAnswers: 0.01,
  });
  const question = { market, jobs, bootSeconds: script.boot.medianMs / 1_000, hours };
  return {
    ...result,
    vsBound: result.billMicroUsd / lowerBound(question),
    vsHourlyBound: result.billMicroUsd / hourlyBound(question),
    missed: result.jobs.filter(isLate).length / jobs.length,
    preemptions: result.jobs.reduce((sum, { preemptions }) => sum + preemptions, 0),
    seconds: (performance.now() - began) / 1_000,
  };
}
