import type { Digest, FleetMachine, FleetOffer, FleetSupply, JobId, PodState } from "@loramill/contracts";
import type { Shift } from "./world-job.ts";

/** A machine of the simulated world, as its row in the catalog and the provisioner's memory would have it. */
export interface WorldPod {
  readonly name: string;
  readonly wantedFor: readonly JobId[];
  readonly candidates: readonly FleetOffer[];
  readonly createdMs: number;
  state: PodState;
  offer: FleetOffer | null;
  remoteId: string | null;
  answeredMs: number | null;
  busyMs: number | null;
  /** When it has to be asked for again, or ended again. */
  againMs: number;
  /** Bytes by the second that it downloads at. */
  bandwidth: number;
  shift: Shift | null;
  readonly holds: Set<Digest>;
  /** Of its bill, charged to somebody already. */
  chargedMicroUsd: number;
}

export function supplyOf(pod: WorldPod): FleetSupply {
  const offer = pod.offer ?? pod.candidates[0];
  if (offer === undefined) throw new Error(`${pod.name} is wanted without a candidate`);
  return {
    name: pod.name,
    provider: offer.provider,
    state: pod.state,
    offer,
    priceAtMostMicroUsd: pricePerHour(pod),
    slots: 1,
    jobs: pod.shift === null ? [] : [pod.shift.progress.job.job],
    wantedFor: pod.wantedFor,
    projects: [],
    holds: [...pod.holds],
    createdAt: new Date(pod.createdMs),
    answeredAt: dateOf(pod.answeredMs),
    busyAt: dateOf(pod.busyMs),
  };
}

/** At most, while it is wanted. */
export function pricePerHour({ offer, candidates }: WorldPod): number {
  return offer?.pricePerHourMicroUsd ?? Math.max(...candidates.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
}

/** When a machine that has ended stopped working: its provider bills until then. */
export function endedMs(machine: FleetMachine): number {
  return machine.createdAt.getTime() + machine.bill.seconds * 1_000;
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
