import type { MicroUsd } from "@loramill/contracts";
import { findOrphans } from "@loramill/fleet";
import { askPlanner } from "./ask-planner.ts";
import { SURVEY_MS, surveyMarket } from "./survey-market.ts";
import { tendPod } from "./tend-pod.ts";
import { beginShift, freshProgress, type Progress, type WorldJob } from "./world-job.ts";
import { pricePerHour } from "./world-pod.ts";
import { nowOf, openWorld, START, type WorldSettings, type WorldState } from "./world-state.ts";

export interface WorldResult {
  /** By the provider, which counts whole seconds of every machine. */
  readonly billMicroUsd: MicroUsd;
  readonly booksMicroUsd: MicroUsd;
  /** What was charged to jobs and machines as bills grew. */
  readonly ledgerMicroUsd: MicroUsd;
  readonly jobs: readonly Progress[];
  readonly machines: number;
  /** Machines that live at the end and nobody answers for, by `findOrphans`. */
  readonly orphans: number;
  /** Moments at which the machines together cost more by the hour than the ceiling. */
  readonly ceilingViolations: number;
  readonly plans: number;
}

/** When machines that boot, machines that work, and the planner are looked after if nothing happens sooner. */
const BOOT_TURN_MS = 10_000;
const TURN_MS = 30_000;
const PLAN_MS = 60_000;
/** A world that does not come to its end is a planner's mistake. */
const LONGEST_MS = 120 * 24 * 3_600_000;

/**
 * A whole fleet in virtual time: jobs come, the planner is asked, machines are rented by `createSafely` from the simulated
 * provider, boot or do not, download, work, commit checkpoints, are taken back, and are given back by `terminateSafely`. The
 * world itself decides nothing.
 */
export async function runWorld(settings: WorldSettings): Promise<WorldResult> {
  const world = openWorld(settings);
  const coming = settings.jobs.toSorted((a, b) => a.arrivesMs - b.arrivesMs);
  const all: Progress[] = [];
  while (coming.length > 0 || world.open.size > 0 || world.pods.length > 0) {
    if (nowOf(world) - START.getTime() > LONGEST_MS) throw new Error(`${world.open.size} jobs are never done`);
    for (let job = coming[0]; job !== undefined && job.arrivesMs <= nowOf(world); job = coming[0]) {
      coming.shift();
      all.push(arrive(world, job));
    }
    await surveyMarket(world);
    for (const pod of world.pods) await tendPod(world, pod);
    world.pods = world.pods.filter(({ state }) => state !== "ended");
    const isBusy = world.pods.length > 0 || world.open.size > 0;
    if (world.isDue || (isBusy && nowOf(world) - world.plannedMs >= PLAN_MS)) await askPlanner(world);
    startWork(world);
    const rented = world.pods.reduce((sum, pod) => sum + pricePerHour(pod), 0);
    if (rented > (settings.perHourMicroUsd ?? Number.POSITIVE_INFINITY)) world.ceilingViolations += 1;
    world.clock.advance(untilNext(world, coming[0]));
  }
  return close(world, all);
}

function arrive(world: WorldState, job: WorldJob): Progress {
  const progress = freshProgress(job);
  world.open.set(job.job, progress);
  world.isDue = true;
  return progress;
}

/** What the trainer does: a free machine takes the next job that the plan has for it. */
function startWork(world: WorldState): void {
  for (const pod of world.pods) {
    if (pod.state !== "ready" || pod.shift !== null || pod.offer === null) continue;
    const jobs = (world.next.get(pod.name) ?? []).map((id) => world.open.get(id));
    const progress = jobs.find((one) => one !== undefined && one.pod === null);
    if (progress === undefined) continue;
    const missing = progress.job.models.filter(({ digest }) => !pod.holds.has(digest));
    const downloadMs = (missing.reduce((sum, { bytes }) => sum + bytes, 0) / pod.bandwidth) * 1_000;
    pod.shift = beginShift(progress, pod.offer.gpuType, { nowMs: nowOf(world), downloadMs });
    pod.busyMs = nowOf(world);
    progress.pod = pod.name;
    for (const { digest } of missing) pod.holds.add(digest);
    world.isDue = true;
  }
}

/** Whole milliseconds until somebody has to look again. */
function untilNext(world: WorldState, coming: WorldJob | undefined): number {
  const { pods, open } = world;
  const ends = pods.flatMap(({ shift }) => (shift === null ? [] : [shift.doneMs - nowOf(world)]));
  const arrival = coming === undefined ? [] : [coming.arrivesMs - nowOf(world)];
  const turn = pods.some(({ state }) => state !== "ready") ? BOOT_TURN_MS : TURN_MS;
  const looks = pods.length > 0 || open.size > 0 ? [turn] : [];
  const survey = world.surveyedMs + SURVEY_MS - nowOf(world);
  return Math.max(1, Math.ceil(Math.min(...ends, ...arrival, ...looks, survey)));
}

/** The world's own audit, an hour after its end. */
async function close(world: WorldState, jobs: readonly Progress[]): Promise<WorldResult> {
  const { provider, intents, leases, clock, ledgerMicroUsd, machines, ceilingViolations, plans } = world;
  clock.advance(3_600_000);
  const listed = await provider.machines();
  const known = await Promise.all(
    [...new Set(listed.map(({ name }) => name))].map(async (name) => [name, await intents.find(name)] as const),
  );
  const orphans = findOrphans({
    machines: listed,
    prefix: "lm-",
    intents: new Map(known.flatMap(([name, intent]) => (intent === null ? [] : [[name, intent]]))),
    leases,
    now: clock.now(),
    graceMs: 0,
  });
  const books = await provider.books({ from: START, to: clock.now() });
  return {
    billMicroUsd: provider.billMicroUsd(),
    booksMicroUsd: books.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0),
    ledgerMicroUsd,
    jobs,
    machines,
    orphans: orphans.length,
    ceilingViolations,
    plans,
  };
}
