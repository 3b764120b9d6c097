import type { FleetDecision, FleetDemand, FleetFacts, FleetSupply } from "@loramill/contracts";
import { chooseCreate } from "./choose-create.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, lanesOf } from "./lane.ts";
import { packJobs } from "./pack-jobs.ts";
import { openPatience } from "./patience.ts";
import { podsOverCeiling } from "./pods-over-ceiling.ts";
import { openPurse } from "./purse.ts";
import { retirePods } from "./retire-pods.ts";
import { sayCount, saySeconds } from "./sentences.ts";
import { compare } from "./service-order.ts";

/**
 * What to rent, keep and give back now. Pure: equal facts make equal plans, in whatever order they are told. Every job is on
 * a machine, goes to one, or waits for a reason that is told; a machine with work is never ended; no ceiling and no budget is
 * exceeded by what is rented.
 */
export function planFleet(facts: FleetFacts, settings: FleetSettings): FleetDecision[] {
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
  return [
    ...packing.wanted.map((lane) => chooseCreate(lane, { facts, settings, purse })),
    ...needed.map((pod) => keep(pod, working.get(pod.name) ?? [], next.get(pod.name) ?? [])),
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
      .map(({ job, because }): FleetDecision => ({ kind: "wait", job: job.job, because })),
  ];
}

const TAKES_WORK: ReadonlySet<string> = new Set(["wanted", "booting", "ready"]);

/** Jobs that machines have now. One whose machine ends, or is gone, needs another. */
function jobsByPod({ demand }: FleetFacts, living: readonly FleetSupply[]): Map<string, FleetDemand[]> {
  const names = new Set(living.filter(({ state }) => state !== "ending").map(({ name }) => name));
  const working = demand.filter(({ pod }) => pod !== null && names.has(pod));
  return Map.groupBy(
    working.toSorted((a, b) => compare(a.job, b.job)),
    ({ pod }) => pod ?? "",
  );
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

function keep(pod: FleetSupply, running: readonly FleetDemand[], lanes: readonly Lane[]): FleetDecision {
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
