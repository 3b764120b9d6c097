import { type MachineIntent, type MachineIntents, type OrphanMachine, PermanentError } from "@loramill/contracts";

const ORDER = ["open", "rented", "ending", "ended"];

/** Intents that outlive the process of a test, kept and refused as a catalog does; with the orphans that were noted. */
export function createMemoryIntents(): MachineIntents & { readonly orphans: ReadonlyMap<string, OrphanMachine> } {
  const rows = new Map<string, MachineIntent>();
  const orphans = new Map<string, OrphanMachine>();
  return {
    orphans,
    find: async (name) => rows.get(name) ?? null,
    async put(intent) {
      const { state, remoteId } = rows.get(intent.name) ?? intent;
      const isBehind = ORDER.indexOf(state) > ORDER.indexOf(intent.state);
      if (isBehind || (remoteId !== null && remoteId !== intent.remoteId)) {
        throw new PermanentError(`${intent.name} is ${state}`, { code: "intent-behind" });
      }
      rows.set(intent.name, intent);
    },
    noteOrphan: async (orphan) => void (orphans.has(orphan.remoteId) || orphans.set(orphan.remoteId, orphan)),
  };
}
