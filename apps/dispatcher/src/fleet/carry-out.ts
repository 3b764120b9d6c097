import type { Catalog } from "@loramill/catalog";
import { digestOf, type FleetDecision, type FleetFacts, type Logger } from "@loramill/contracts";

type Fleet = Catalog["fleet"];
type Create = Extract<FleetDecision, { readonly kind: "create" }>;

interface CarryOutParts {
  readonly fleet: Pick<Fleet, "openPod" | "move" | "wake" | "wakeWaiting" | "timesWanted" | "audit">;
  readonly namePrefix: string;
  readonly log: Logger;
  /** Aborts when another dispatcher may lead. */
  readonly signal: AbortSignal;
}

const ACTOR = "dispatcher";

/**
 * Writes a plan's decisions as rows, which the provisioner acts on. Each is one transaction that does nothing where it is
 * written already: the name of a machine follows from what it is wanted for, and a machine is moved only from a state
 * that allows it. So a crash in between, or another dispatcher with the same plan, leaves nothing twice.
 */
export async function carryOut(
  decisions: readonly FleetDecision[],
  facts: Pick<FleetFacts, "supply" | "demand" | "stopped">,
  parts: CarryOutParts,
): Promise<void> {
  const creates = decisions.filter((decision) => decision.kind === "create");
  if (facts.stopped === null && creates.length > 0) await openPods(creates, parts);
  const waiting = new Set(facts.demand.filter(({ pod }) => pod === null).map(({ job }) => job));
  for (const decision of decisions) {
    if (parts.signal.aborted) return;
    if (decision.kind === "drain" || decision.kind === "end") await retire(decision, parts);
    if (decision.kind === "keep") {
      const pod = facts.supply.find(({ name }) => name === decision.pod);
      const isReady = pod?.state === "ready" || (pod?.state === "draining" && (await takeBack(decision, parts)));
      // Who stands behind others there is woken when they are done: until then it would only hear that the machine is busy.
      const free = isReady ? Math.max(0, pod.slots - pod.jobs.length) : 0;
      await parts.fleet.wakeWaiting(decision.jobs.filter((job) => waiting.has(job)).slice(0, free));
    }
  }
}

async function openPods(creates: readonly Create[], { fleet, namePrefix, log, signal }: CarryOutParts): Promise<void> {
  const times = await fleet.timesWanted(creates.flatMap(({ jobs }) => jobs));
  for (const { provider, candidates, jobs, expected, because } of creates) {
    if (signal.aborted) return;
    const name = `${namePrefix}${digestOf(jobs.map((job) => [job, times.get(job) ?? 0])).slice(0, 12)}`;
    const run = await fleet.openPod({ name, provider, candidates, wantedFor: jobs, reason: because });
    log.info({ pod: name, run, provider, jobs: jobs.length, expectedMicroUsd: expected.microUsd }, because);
    await fleet.audit.add({
      actor: ACTOR,
      action: "machine.want",
      subject: name,
      details: { jobs, because, expected },
    });
  }
}

/** Keeps a machine that was to go; false where it has ended meanwhile. */
async function takeBack(
  { pod, because }: Extract<FleetDecision, { readonly kind: "keep" }>,
  { fleet, log }: CarryOutParts,
): Promise<boolean> {
  if ((await fleet.move(pod, "keep", { reason: null })) === null) return false;
  log.info({ pod, state: "ready" }, because);
  await fleet.audit.add({ actor: ACTOR, action: "machine.keep", subject: pod, details: { because } });
  return true;
}

async function retire(
  decision: Extract<FleetDecision, { readonly kind: "drain" | "end" }>,
  { fleet, log }: CarryOutParts,
): Promise<void> {
  const { kind, pod, because } = decision;
  const mayReturn = decision.kind === "drain" && decision.mayReturn === true;
  const moved = await fleet.move(pod, kind, { reason: because }, { mayReturn });
  if (moved === null) return;
  await fleet.wake(pod);
  log.info({ pod, state: moved.state }, because);
  await fleet.audit.add({ actor: ACTOR, action: `machine.${kind}`, subject: pod, details: { because } });
}
