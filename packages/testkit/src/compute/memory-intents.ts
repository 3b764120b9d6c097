import type { MachineIntent, MachineIntents } from "@loramill/contracts";

/** Intents that outlive the process of a test, as a catalog would keep them. */
export function createMemoryIntents(): MachineIntents {
  const rows = new Map<string, MachineIntent>();
  return {
    find: async (name) => rows.get(name) ?? null,
    put: async (intent) => void rows.set(intent.name, intent),
  };
}
