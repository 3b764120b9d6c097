import type { FleetMachine, MachineIntent } from "@loramill/contracts";

export interface Orphan {
  readonly machine: FleetMachine;
  readonly reason: "stranger" | "duplicate" | "ended" | "lease-lost";
}

export interface OrphanQuestion {
  readonly machines: readonly FleetMachine[];
  /** Of this installation; machines of other names are somebody else's and are never touched. */
  readonly prefix: string;
  readonly intents: ReadonlyMap<string, MachineIntent>;
  /** Until when somebody answers for a machine, by its name. */
  readonly leases: ReadonlyMap<string, Date>;
  readonly now: Date;
  /** A machine this young may have been rented by one whose books have not reached us yet. */
  readonly graceMs: number;
}

/**
 * Machines that cost money and that nobody answers for: of our prefix, and without an intent, second under one name, of an
 * intent that has ended, or with a lease that ran out. What an intent wants ended is `terminateSafely`'s to end.
 */
export function findOrphans(question: OrphanQuestion): Orphan[] {
  const { machines, prefix, intents, leases, now, graceMs } = question;
  return machines.flatMap((machine): Orphan[] => {
    if (machine.state === "gone" || !machine.name.startsWith(prefix)) return [];
    if (now.getTime() - machine.createdAt.getTime() < graceMs) return [];
    const intent = intents.get(machine.name);
    if (intent === undefined) return [{ machine, reason: "stranger" }];
    if (intent.state === "ended") return [{ machine, reason: "ended" }];
    if (intent.state === "rented" && intent.remoteId !== machine.remoteId) return [{ machine, reason: "duplicate" }];
    const lease = leases.get(machine.name);
    const isLost = intent.state === "rented" && (lease === undefined || lease < now);
    return isLost ? [{ machine, reason: "lease-lost" }] : [];
  });
}
