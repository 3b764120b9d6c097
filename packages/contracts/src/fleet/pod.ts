import type { Digest } from "../digest.ts";
import type { JobId, RunId } from "../ids.ts";
import type { MicroUsd } from "../money.ts";
import type { MachineBill, MachineOffer } from "../ports/compute-provider.ts";
import type { StateOf } from "../states.ts";

/** Project of the runs that tend machines. */
export const FLEET_PROJECT = "fleet";

export type PodState = StateOf<"pod">;

/** A machine of the provider's market. */
export interface FleetOffer extends MachineOffer {
  readonly provider: string;
}

/** What its agent said when it was last asked. */
export interface PodHealth {
  readonly at: Date;
  readonly trainers: readonly string[];
  /** Trainings that it can have at once. */
  readonly slots: number;
  readonly active: number;
  /** Base models and other files that lie on its disk. */
  readonly holds: readonly Digest[];
}

/** One machine of the fleet, from the wish for it to its last bill: a row of the catalog, and a run of the project `fleet`. */
export interface Pod {
  /** Unique for all times; the provider knows the machine by it. */
  readonly name: string;
  readonly provider: string;
  readonly state: PodState;
  /** The run whose only job tends it. */
  readonly run: RunId;
  /** Trainings that it was wanted for; who pays for its boot. */
  readonly wantedFor: readonly JobId[];
  /** Offers to ask for, the best first. */
  readonly candidates: readonly MachineOffer[];
  /** What was rented; null until then. */
  readonly offer: MachineOffer | null;
  readonly remoteId: string | null;
  /** URL of its agent; null until the provider has given it one. */
  readonly address: string | null;
  readonly bill: MachineBill;
  /** Until when somebody answers for it. A machine whose lease ran out is ended by whoever sees it. */
  readonly leaseUntil: Date | null;
  readonly health: PodHealth | null;
  readonly createdAt: Date;
  readonly rentedAt: Date | null;
  readonly answeredAt: Date | null;
  /** When it last had work. */
  readonly busyAt: Date | null;
  readonly endedAt: Date | null;
  /** Why it drains or ended, in one sentence. */
  readonly reason: string | null;
}

/**
 * Trainings that a machine may have at once. One that is paid for has one, however many its agent would take: each training takes its
 * part of the bill as the bill grows, and two at once would both take all of it.
 */
export function trainingsAtOnce({ offer, health }: Pick<Pod, "offer" | "health">): number {
  const isPaid = offer !== null && offer.pricePerHourMicroUsd > 0;
  return isPaid ? 1 : Math.max(1, health?.slots ?? 1);
}

/** What a machine of an offer costs by the hour, at most. */
export const podPrice = ({ offer, candidates }: Pick<Pod, "offer" | "candidates">): MicroUsd =>
  offer?.pricePerHourMicroUsd ?? Math.max(0, ...candidates.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
