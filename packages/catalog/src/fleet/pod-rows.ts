import { JobId, type Pod, type PodState, type RentedMachine, RunId } from "@loramill/contracts";
import type { pods } from "../schema/fleet.ts";

type Row = typeof pods.$inferSelect;

export function toPod({ intent: _intent, asked: _asked, ...row }: Row): Pod {
  return {
    ...row,
    state: row.state as PodState,
    run: RunId.parse(row.run),
    wantedFor: row.wantedFor.map((job) => JobId.parse(job)),
    // JSON has no dates.
    health: row.health === null ? null : { ...row.health, at: new Date(row.health.at) },
  };
}

const SEEN_AS = {
  wanted: "creating",
  booting: "creating",
  ready: "running",
  draining: "running",
  ending: "stopping",
  ended: "gone",
} as const satisfies Record<PodState, RentedMachine["state"]>;

/** A machine that was rented, as it was seen last; null for one that is only wanted. */
export function toMachine(row: Row): RentedMachine | null {
  const { remoteId, name, offer, address, bill, endedAt } = row;
  if (remoteId === null || offer === null) return null;
  const { pricePerHourMicroUsd } = offer;
  const state = endedAt === null ? SEEN_AS[row.state as PodState] : "gone";
  return { remoteId, name, state, pricePerHourMicroUsd, address, bill };
}
