import { seededRandom } from "@loramill/compute";
import { defaultFleetSettings, type FleetQuote, planFleet, quoteFleet } from "@loramill/fleet";
import { drawJobs } from "./draw-jobs.ts";
import { exactOptimum } from "./exact-optimum.ts";
import { drawWorldMarket, type MarketShape, standStill } from "./markets.ts";
import { runWorld } from "./world.ts";
import { USUAL_BANDWIDTH, usualScript } from "./world-defaults.ts";
import { isLate, type WorldJob } from "./world-job.ts";
import { PROVIDER, START } from "./world-state.ts";

const BOOT_SECONDS = 120;

/** Jobs of one morning: all there at the beginning. */
function batch(seed: number, count: number, slackHours: readonly [number, number]): WorldJob[] {
  return drawJobs({ seed, count, hours: 1, batch: 8, slackHours }).map((job) => ({
    ...job,
    arrivesMs: START.getTime(),
    deadlineMs: job.deadlineMs === null ? null : START.getTime() + job.deadlineMs - job.arrivesMs,
  }));
}

/**
 * Cost by the exact optimum, which meets every deadline, and the share of jobs that missed theirs; for 3 to 12 jobs in a market that stands still: the optimum knows no more than the planner is
 * told, which is all there is to know; estimates are true, nothing fails, and every boot takes as long as the last.
 */
export async function costByOptimum(seed: number): Promise<{ cost: number; missed: number }> {
  const jobs = batch(seed, 3 + (seed % 10), [0.5, 8]).map((job) => ({ ...job, truth: 1 }));
  const market = standStill(drawWorldMarket("list", seed, 1));
  const bytesPerSecond = USUAL_BANDWIDTH.median;
  const offers = market.flatMap(({ offer, trace: [point] }) =>
    point === undefined ? [] : [{ ...offer, ...point, provider: PROVIDER }],
  );
  const optimum = exactOptimum({ jobs, offers, bootSeconds: BOOT_SECONDS, bytesPerSecond });
  const settings = {
    ...defaultFleetSettings,
    bootSeconds: { p50: BOOT_SECONDS, p90: BOOT_SECONDS },
    downloadBytesPerSecond: bytesPerSecond,
    preemptionsPerHour: 0,
  };
  const { billMicroUsd, jobs: done } = await runWorld({
    script: { ...usualScript(seed, market), boot: { medianMs: BOOT_SECONDS * 1_000, spread: 0, failureShare: 0 } },
    jobs,
    plan: (facts) => planFleet(facts, settings),
    perHourMicroUsd: null,
    bandwidth: { median: bytesPerSecond, spread: 0 },
    lostAnswers: 0,
  });
  return { cost: billMicroUsd / optimum, missed: done.filter(isLate).length / done.length };
}

/** What up to 40 jobs cost, and when they were done, by the p90 that was quoted before they ran. */
export async function actualByQuote(seed: number, shape: MarketShape): Promise<{ cost: number; time: number }> {
  const jobs = batch(seed, 1 + (seed % 40), [2, 12]);
  let quote: FleetQuote | null = null;
  const result = await runWorld({
    script: usualScript(seed, drawWorldMarket(shape, seed, 200)),
    jobs,
    plan(facts) {
      quote ??= quoteFleet(facts, defaultFleetSettings, { random: seededRandom(seed) });
      return planFleet(facts, defaultFleetSettings);
    },
    perHourMicroUsd: 8_000_000,
    bandwidth: USUAL_BANDWIDTH,
    lostAnswers: 0.01,
  });
  // The compiler does not see that the planner was asked.
  const { microUsd, seconds } = quote as unknown as FleetQuote;
  const doneMs = Math.max(...result.jobs.map(({ finishedMs }) => finishedMs ?? Number.POSITIVE_INFINITY));
  return { cost: result.billMicroUsd / microUsd.p90, time: (doneMs - START.getTime()) / 1_000 / seconds.p90 };
}
