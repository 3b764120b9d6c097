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

/** All of a bill that was closed has been charged: who still waits for a part of it waits no more, and the ledger takes nothing of it. */
const NO_MORE = { seconds: 0, amountMicroUsd: 0, isFinal: true } as const;

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
  if (row.state === "ended")
    return { remoteId, name, state: "gone", pricePerHourMicroUsd, address: null, bill: NO_MORE };
  const state = endedAt === null ? SEEN_AS[row.state as PodState] : "gone";
  return { remoteId, name, state, pricePerHourMicroUsd, address, bill };
}
