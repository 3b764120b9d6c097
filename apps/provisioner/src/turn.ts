import type { FleetProvider, JobContext, JobOutput, JsonObject, MachineOffer, Parked, Pod } from "@loramill/contracts";
import { noteOfferEvent, type OfferEvent, offerKey } from "@loramill/fleet";
import { z } from "zod";
import type { ProvisionerDeps } from "./deps.ts";

/** One look at one machine: what it is by the catalog, and who can do something about it. */
export interface Turn {
  readonly pod: Pod;
  readonly provider: FleetProvider;
  readonly deps: ProvisionerDeps;
  readonly ctx: JobContext;
}

export type TurnAnswer = Promise<JobOutput | Parked>;

/** What a turn hands on. All else is in the machine's row. */
export const TurnNotes = z.object({
  /** When its last bill was there; null until then. */
  billedAt: z.iso.datetime().nullable().default(null),
});

/** The job comes back at once, and finds the machine in its new state. */
export const again = ({ ctx }: Turn): Parked => ctx.park(0, { ...ctx.turn });

/** For how long somebody answers for the machine from now on. */
export const leaseFromNow = ({ deps }: Pick<Turn, "deps">): Date =>
  new Date(deps.clock.now().getTime() + deps.options.leaseMs);

/** Gives the machine up; the turn after ends it. */
export async function giveUp(turn: Turn, reason: string): Promise<Parked> {
  const moved = await turn.deps.fleet.move(turn.pod.name, "end", { reason });
  if (moved !== null) await noteDone(turn, "machine.end", { reason });
  return again(turn);
}

/** Writes into the audit what was done to the machine. */
export async function noteDone({ deps, pod }: Pick<Turn, "deps" | "pod">, action: string, details: JsonObject) {
  await deps.fleet.audit.add({ actor: "provisioner", action, subject: pod.name, details });
}

/** Remembers how machines of an offer do; where nothing was rented there is nothing to remember. */
export async function remember(
  { deps, pod }: Pick<Turn, "deps" | "pod">,
  offer: MachineOffer,
  event: OfferEvent,
): Promise<void> {
  const at = { provider: pod.provider, key: offerKey(offer) };
  await deps.fleet.records.note(at, (before) => noteOfferEvent(before, event, deps.clock.now()));
}

/** Since it was rented. */
export function hoursOf({ pod, deps }: Pick<Turn, "pod" | "deps">): number {
  const since = (pod.rentedAt ?? pod.createdAt).getTime();
  return Math.max(0, deps.clock.now().getTime() - since) / 3_600_000;
}
