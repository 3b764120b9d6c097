import { type Catalog, MOST_BILLS } from "@loramill/catalog";
import {
  AuditList,
  type BillList,
  type FleetDecision,
  type FleetOffer,
  type FleetPlanView,
  type FleetView,
  type JobId,
  type OfferView,
  type Pod,
  type PodBill,
  type PodView,
  podPrice,
} from "@loramill/contracts";
import { billingGap } from "@loramill/fleet";

export type Fleet = Catalog["fleet"];

/** Machines that have ended and are shown; the bills tell of more. */
const ENDED = 200;

/** Machines that live, oldest first; behind them, where asked for, the latest of those that have ended, latest first. */
export async function viewOf(fleet: Fleet, { ended = false }: { ended?: boolean } = {}): Promise<FleetView> {
  const [switches, plan, living, past] = await Promise.all([
    ...([fleet.switches(), fleet.plan(), fleet.pods({ living: true })] as const),
    ended ? fleet.endedPods(ENDED) : [],
  ]);
  const rented = living.filter(({ remoteId }) => remoteId !== null);
  return {
    stopped: switches.stopped === null ? null : { reason: switches.stopped, by: switches.stoppedBy },
    dryRun: switches.dryRun,
    plannedAt: plan.at?.toISOString() ?? null,
    pricePerHourMicroUsd: rented.reduce((sum, pod) => sum + podPrice(pod), 0),
    machines: [...living, ...past].map(toPodView),
  };
}

export function toPodView(pod: Pod): PodView {
  const at = (time: Date | null) => time?.toISOString() ?? null;
  return {
    name: pod.name,
    provider: pod.provider,
    state: pod.state,
    run: pod.run,
    offer: pod.offer === null ? null : toOfferView({ ...pod.offer, provider: pod.provider }),
    billSeconds: pod.bill.seconds,
    billMicroUsd: pod.bill.amountMicroUsd,
    billIsFinal: pod.bill.isFinal,
    active: pod.health?.active ?? null,
    slots: pod.health?.slots ?? null,
    trainers: pod.health === null ? null : [...pod.health.trainers],
    wantedFor: [...pod.wantedFor],
    createdAt: pod.createdAt.toISOString(),
    rentedAt: at(pod.rentedAt),
    answeredAt: at(pod.answeredAt),
    busyAt: at(pod.busyAt),
    leaseUntil: at(pod.leaseUntil),
    endedAt: at(pod.endedAt),
    reason: pod.reason,
  };
}

export const toOfferView = ({ provider, gpuType, region, cloud, ...offer }: FleetOffer): OfferView => ({
  ...{ provider, gpuType, region, cloud: cloud ?? null },
  interruptible: offer.interruptible,
  vramBytes: offer.vramBytes,
  pricePerHourMicroUsd: offer.pricePerHourMicroUsd,
  available: offer.available,
});

/** The gap is that of machines whose accounts are closed and of which the books tell. */
export function toBillList(items: PodBill[]): BillList {
  const sumsOf = (bills: readonly PodBill[]) => ({
    chargedMicroUsd: bills.reduce((sum, { chargedMicroUsd }) => sum + chargedMicroUsd, 0),
    billedMicroUsd: bills.reduce((sum, { billedMicroUsd }) => sum + (billedMicroUsd ?? 0), 0),
  });
  const told = items.filter(({ isFinal, billedMicroUsd }) => isFinal && billedMicroUsd !== null);
  return {
    ...{ items, ...sumsOf(items), isCut: items.length >= MOST_BILLS },
    gapShare: told.length === 0 ? null : billingGap(sumsOf(told)),
  };
}

/** What was last planned, with the runs of its jobs: no command takes a job's id. */
export async function planOf({ fleet, jobs }: Pick<Catalog, "fleet" | "jobs">): Promise<FleetPlanView> {
  const { decisions, at } = await fleet.plan();
  const runs = new Map((await jobs.runsOf(decisions.flatMap(jobsOf))).map((planned) => [planned.job, planned]));
  return {
    plannedAt: at?.toISOString() ?? null,
    decisions: decisions.map((decision) => ({
      kind: decision.kind,
      because: decision.because,
      pod: "pod" in decision ? decision.pod : null,
      jobs: jobsOf(decision).flatMap((job) => runs.get(job) ?? []),
      candidates: "candidates" in decision ? decision.candidates.map(toOfferView) : [],
      expected: "expected" in decision ? decision.expected : null,
    })),
  };
}

const jobsOf = (decision: FleetDecision): readonly JobId[] =>
  "jobs" in decision ? decision.jobs : "job" in decision ? [decision.job] : [];

export function toAuditList(entries: Awaited<ReturnType<Fleet["audit"]["list"]>>): AuditList {
  return {
    items: AuditList.shape.items.parse(entries.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() }))),
  };
}
