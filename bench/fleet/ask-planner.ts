import { drawNormal } from "@loramill/compute";
import type { FleetDecision, FleetFacts } from "@loramill/contracts";
import { recordOf } from "@loramill/fleet";
import { demandOf } from "./world-job.ts";
import { supplyOf } from "./world-pod.ts";
import { nowOf, PROVIDER, type WorldState } from "./world-state.ts";

/** What the dispatcher does: it tells the planner all there is, and carries out what the planner decides. */
export async function askPlanner(world: WorldState): Promise<void> {
  const { provider, clock, pods, open, settings } = world;
  const shifts = new Map(
    pods.flatMap(({ shift }) => (shift === null ? [] : [[shift.progress.job.job, shift] as const])),
  );
  const facts: FleetFacts = {
    now: clock.now(),
    demand: [...open.values()].map((one) => demandOf(one, shifts.get(one.job.job), nowOf(world))),
    supply: pods.map(supplyOf),
    offers: (await provider.offers()).map((offer) => ({ ...offer, provider: PROVIDER })),
    records: recordsIn(world),
    perHourMicroUsd: settings.perHourMicroUsd,
    perHourByProject: {},
    remainingMicroUsd: null,
    remainingByProject: {},
    stopped: null,
  };
  const decisions = settings.plan(facts);
  world.plans += 1;
  world.isDue = false;
  world.plannedMs = nowOf(world);
  world.next = new Map();
  for (const decision of decisions) carryOut(world, decision);
}

function recordsIn({ prices, reputations, clock }: WorldState): FleetFacts["records"] {
  const records = [...prices].map(([key, past]) => {
    const record = recordOf(reputations.get(key), clock.now());
    return [key, past === undefined ? record : { ...record, prices: past }] as const;
  });
  return Object.fromEntries(records);
}

function carryOut(world: WorldState, decision: FleetDecision): void {
  if (decision.kind === "wait") return;
  if (decision.kind === "create") {
    want(world, decision);
    return;
  }
  const pod = world.pods.find(({ name }) => name === decision.pod);
  if (pod === undefined) throw new Error(`the plan names ${decision.pod}, which is no machine`);
  if (decision.kind === "keep") world.next.set(pod.name, decision.jobs);
  else if (decision.kind === "drain") pod.state = pod.state === "ready" ? "draining" : pod.state;
  else if (pod.shift === null) pod.state = "ending";
  else throw new Error(`the plan ends ${pod.name}, which has work`);
}

function want(world: WorldState, { candidates, jobs }: FleetDecision & { kind: "create" }): void {
  const { median, spread } = world.settings.bandwidth;
  world.pods.push({
    name: `lm-${world.plans}-${world.pods.length}`,
    wantedFor: jobs,
    candidates,
    createdMs: nowOf(world),
    state: "wanted",
    offer: null,
    remoteId: null,
    answeredMs: null,
    busyMs: null,
    againMs: 0,
    bandwidth: median * Math.exp(drawNormal(world.random) * spread),
    shift: null,
    holds: new Set(),
    chargedMicroUsd: 0,
  });
}
