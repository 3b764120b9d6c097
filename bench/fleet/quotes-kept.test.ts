import { seededRandom } from "@loramill/compute";
import type { FleetFacts, JobId } from "@loramill/contracts";
import { defaultFleetSettings, type FleetQuote, planFleet, quoteFleet } from "@loramill/fleet";
import { describe, expect, it } from "vitest";
import { drawJobs } from "./draw-jobs.ts";
import { drawWorldMarket } from "./markets.ts";
import { runWorld, type WorldResult } from "./world.ts";
import { USUAL_BANDWIDTH, usualScript } from "./world-defaults.ts";
import type { WorldJob } from "./world-job.ts";
import { START } from "./world-state.ts";

const SEEDS = Array.from({ length: 24 }, (_, at) => at + 1);
/** Where bills lie further from quotes, an alarm goes off. */
const ALARMING = 0.05;

interface Course {
  readonly quote: FleetQuote;
  readonly result: WorldResult;
}

interface Kept {
  readonly quote: FleetQuote;
  readonly billedMicroUsd: number;
}

/** A world in which a quote is asked for once, when `isAsked` says so: what it came to is for the world to tell. */
async function worldWithQuote(
  seed: number,
  jobs: readonly WorldJob[],
  isAsked: (facts: FleetFacts) => boolean,
  of?: JobId,
): Promise<Course> {
  const quotes: FleetQuote[] = [];
  const options = { random: seededRandom(seed), ...(of === undefined ? {} : { of }) };
  const result = await runWorld({
    script: usualScript(seed, drawWorldMarket("list", seed, 200)),
    jobs,
    plan(facts) {
      if (quotes.length === 0 && isAsked(facts)) quotes.push(quoteFleet(facts, defaultFleetSettings, options));
      return planFleet(facts, defaultFleetSettings);
    },
    perHourMicroUsd: null,
    bandwidth: USUAL_BANDWIDTH,
    lostAnswers: 0,
  });
  const [quote] = quotes;
  if (quote === undefined) throw new Error("nobody asked");
  return { quote, result };
}

/** With its share of boot and idle time, by what it had of the machines. */
function billOf(job: JobId, { jobs, billMicroUsd }: WorldResult): number {
  const all = jobs.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0);
  const own = jobs.find((one) => one.job.job === job)?.spentMicroUsd ?? 0;
  return (billMicroUsd * own) / all;
}

/** All bills over all expectations, less 1. */
function gapOf(all: readonly Kept[]): number {
  const billed = all.reduce((sum, { billedMicroUsd }) => sum + billedMicroUsd, 0);
  return billed / all.reduce((sum, { quote }) => sum + quote.expectedMicroUsd, 0) - 1;
}

const withinP90 = (all: readonly Kept[]) =>
  all.filter(({ quote, billedMicroUsd }) => billedMicroUsd <= quote.microUsd.p90).length / all.length;

/** Nobody waits for them, so that what a job costs decides where it goes. */
const patient = (job: WorldJob, arrivesMs = START.getTime()): WorldJob => ({ ...job, arrivesMs, deadlineMs: null });

describe("quotes, in worlds that are not what they were estimated to be", () => {
  it("are what jobs come to on average, and their p90 is seldom exceeded", async () => {
    const kept: Kept[] = [];
    for (const seed of SEEDS) {
      const jobs = drawJobs({ seed, count: 1 + (seed % 6), hours: 1, batch: 3, slackHours: [4, 20] });
      const { quote, result } = await worldWithQuote(
        seed,
        jobs.map((job) => patient(job)),
        () => true,
      );
      kept.push({ quote, billedMicroUsd: result.billMicroUsd });
    }
    expect(Math.abs(gapOf(kept))).toBeLessThan(ALARMING);
    expect(withinP90(kept)).toBeGreaterThanOrEqual(0.8);
  });

  it("hold for a job that comes when a machine is there, which is often taken", async () => {
    const kept: Kept[] = [];
    for (const seed of SEEDS) {
      const [first, second] = drawJobs({ seed, count: 2, hours: 1, batch: 1, slackHours: [4, 20] });
      if (first === undefined || second === undefined) throw new Error("two were drawn");
      const later = patient({ ...second, models: first.models }, START.getTime() + 1_200_000);
      const hasCome = ({ demand }: FleetFacts) => demand.some(({ job }) => job === later.job);
      const { quote, result } = await worldWithQuote(seed, [patient(first), later], hasCome, later.job);
      kept.push({ quote, billedMicroUsd: billOf(later.job, result) });
    }
    expect(kept.filter(({ quote }) => quote.machines === 0).length).toBeGreaterThan(SEEDS.length / 3);
    expect(Math.abs(gapOf(kept))).toBeLessThan(ALARMING);
    expect(withinP90(kept)).toBeGreaterThanOrEqual(0.7);
  });
});
