import type { FleetDecision, FleetDemand, FleetFacts, FleetSupply } from "@loramill/contracts";
import { chooseCreate } from "./choose-create.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, lanesOf } from "./lane.ts";
import { packJobs } from "./pack-jobs.ts";
import { openPatience } from "./patience.ts";
import { podsOverCeiling } from "./pods-over-ceiling.ts";
import { pressDeadlines } from "./press-deadlines.ts";
import { openPurse, type Purse } from "./purse.ts";
import { retirePods } from "./retire-pods.ts";
import { sayCount, saySeconds } from "./sentences.ts";
import { compare } from "./service-order.ts";
import { TAKES_WORK } from "./supply-of.ts";

/**
 * What to rent, keep and give back now. Pure: equal facts make equal plans, in whatever order they are told. Every job is on
 * a machine, goes to one, or waits for a reason that is told; a machine with work is never ended; no ceiling and no budget is
 * exceeded by what is rented.
 */
export function planFleet(told: FleetFacts, settings: FleetSettings): FleetDecision[] {
  const facts = { ...told, demand: pressDeadlines(told, settings) };
  const purse = openPurse(facts);
  const living = facts.supply.filter(({ state }) => state !== "ended").toSorted((a, b) => compare(a.name, b.name));
  const vain = living.filter((pod) => isInVain(pod, facts.now, settings));
  const tooDear = podsOverCeiling(living, facts);
  // The purse has it in its sums already: as long as these hold, keeping it after all costs no ceiling anything.
  const mayReturn = ({ state, mayReturn, projects }: FleetSupply) =>
    state === "draining" && mayReturn === true && facts.stopped === null && purse.perHourLeft(projects) >= 0;
  const usable = living.filter(
    (pod) => (TAKES_WORK.has(pod.state) || mayReturn(pod)) && !vain.includes(pod) && !tooDear.has(pod.name),
  );

  const working = jobsByPod(facts, living);
  for (const [pod, jobs] of working) spendOnRunning(purse, jobs, offerOf(living, pod));
  const onPods = new Set([...working.values()].flat().map(({ job }) => job));
  const packing = packJobs({
    facts,
    settings,
    purse,
    waiting: facts.demand.filter(({ job }) => !onPods.has(job)),
    lanes: usable.flatMap((pod) => lanesFor(pod, working.get(pod.name) ?? [], facts, settings)),
    podsLeft: settings.maxPods - living.length,
    patience: openPatience({ facts, settings, purse, usable }),
  });

  const next = Map.groupBy(packing.lanes, ({ pod }) => pod);
  const needed = usable.filter(
    ({ name, jobs }) =>
      jobs.length > 0 || working.has(name) || (next.get(name) ?? []).some(({ jobs }) => jobs.length > 0),
  );
  const [unused, kept] = partition(
    needed.map((pod) => ({ pod, running: working.get(pod.name) ?? [], lanes: next.get(pod.name) ?? [] })),
    (one) => isUnused(one, facts.now, settings),
  );
  return [
    ...packing.wanted.map((lane) => chooseCreate(lane, { facts, settings, purse })),
    ...kept.map((one) => keep(one, facts.now)),
    ...unused.map((one) => giveBackUnused(one, facts.now)),
    ...vain.map(
      (pod): FleetDecision => ({
        kind: "end",
        pod: pod.name,
        because: `no offer has met it within ${saySeconds(settings.wantedSeconds)}: a new wish is made of the offers of now`,
      }),
    ),
    ...leave(
      living.filter((pod) => tooDear.has(pod.name) && !vain.includes(pod)),
      tooDear,
    ),
    ...retirePods(
      usable.filter((pod) => !needed.includes(pod) && pod.state !== "draining"),
      facts,
      settings,
    ),
    ...packing.waits
      .toSorted((a, b) => compare(a.job.job, b.job.job))
      .map(({ job, ...why }): FleetDecision => ({ kind: "wait", job: job.job, ...why })),
  ];
}

/** Jobs that machines have now. One whose machine ends, or is gone, needs another. */
function jobsByPod({ demand }: FleetFacts, living: readonly FleetSupply[]): Map<string, FleetDemand[]> {
  const names = new Set(living.filter(({ state }) => state !== "ending").map(({ name }) => name));
  const working = demand.filter(({ pod }) => pod !== null && names.has(pod));
  return Map.groupBy(
    working.toSorted((a, b) => compare(a.job, b.job)),
    ({ pod }) => pod ?? "",
  );
}

const offerOf = (living: readonly FleetSupply[], pod: string) => living.find(({ name }) => name === pod)?.offer;

/** What is at work goes on before anything new is begun: what it still needs is no room for others. */
function spendOnRunning(purse: Purse, jobs: readonly FleetDemand[], offer: FleetSupply["offer"] | undefined): void {
  if (offer === undefined) return;
  for (const job of jobs) {
    const seconds = job.seconds[offer.gpuType]?.p50 ?? 0;
    const needed = (offer.pricePerHourMicroUsd * seconds) / 3_600;
    purse.spend(job, Math.max(0, Math.min(needed, purse.leftFor(job))));
  }
}

function isInVain({ state, createdAt }: FleetSupply, now: Date, { wantedSeconds }: FleetSettings): boolean {
  return state === "wanted" && now.getTime() - createdAt.getTime() >= wantedSeconds * 1_000;
}

function lanesFor(
  pod: FleetSupply,
  running: readonly FleetDemand[],
  facts: FleetFacts,
  settings: FleetSettings,
): Lane[] {
  const known = knownOf({ ...pod.offer, provider: pod.provider }, facts, settings);
  return lanesOf(pod, { ...known, running, now: facts.now });
}

/** A machine with what it has to do now, and its slots with what comes next. */
interface Needed {
  readonly pod: FleetSupply;
  readonly running: readonly FleetDemand[];
  readonly lanes: readonly Lane[];
}

/** Since when it could begin what comes next and has not, in milliseconds since 1970; null for one that is at work, or on its way. */
function idleWithNextMs({ pod, running, lanes }: Needed, now: Date): number | null {
  const hasNext = lanes.some(({ jobs }) => jobs.length > 0);
  if (pod.state !== "ready" || pod.jobs.length > 0 || running.length > 0 || !hasNext) return null;
  return Math.max(pod.idleWithNextMs ?? now.getTime(), pod.busyAt?.getTime() ?? 0);
}

/**
 * Whatever keeps the work of a machine from being begun there (an agent that refuses it, or says that it lives and takes nothing), the
 * machine is paid for and of no use: no limit of time or attempts would end it.
 */
function isUnused(needed: Needed, now: Date, { unusedSeconds }: FleetSettings): boolean {
  const since = idleWithNextMs(needed, now);
  return since !== null && now.getTime() - since >= unusedSeconds * 1_000;
}

function giveBackUnused(needed: Needed, now: Date): FleetDecision {
  const since = idleWithNextMs(needed, now) ?? now.getTime();
  const jobs = needed.lanes.flatMap((lane) => lane.jobs);
  const first = jobs[0]?.job ?? "";
  return {
    kind: "drain",
    pod: needed.pod.name,
    because: `is ready, and of ${sayCount(jobs.length, "job")} that ${jobs.length === 1 ? "is" : "are"} next on it none has begun for ${saySeconds((now.getTime() - since) / 1_000)}: what its agent answers is told by the events of ${first}`,
  };
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

function keep(needed: Needed, now: Date): FleetDecision {
  const { pod, running, lanes } = needed;
  const idleSinceMs = idleWithNextMs(needed, now);
  const next = lanes.flatMap(({ jobs }) => jobs);
  const until = Math.max(...lanes.map(({ freeSeconds }) => freeSeconds));
  const slow = Math.max(...lanes.map(({ freeSeconds, lateness }) => freeSeconds + Math.sqrt(lateness)));
  const has =
    running.length > 0 ? `works on ${sayCount(running.length, "job")}` : (STANDING[pod.state] ?? "has no work");
  const follows = next.length > 0 ? `, ${sayCount(next.length, "job")} next` : "";
  return {
    kind: "keep",
    pod: pod.name,
    jobs: [...running, ...next].map(({ job }) => job),
    freeSeconds: { p50: until, p90: slow },
    ...(idleSinceMs === null ? {} : { idleWithNextMs: idleSinceMs }),
    because: `${has}${follows}; done in about ${saySeconds(until)}`,
  };
}

const STANDING: Readonly<Record<string, string>> = {
  wanted: "is being rented",
  booting: "boots",
  ready: "is free",
  draining: "was to go",
};

/** Machines that a ceiling has no room for any more: those without work go, the others when their work is done. */
function leave(pods: readonly FleetSupply[], reasons: ReadonlyMap<string, string>): FleetDecision[] {
  return pods.map(({ name, state }) => ({
    kind: state === "wanted" || state === "booting" ? "end" : "drain",
    pod: name,
    because: reasons.get(name) ?? "",
  }));
}
