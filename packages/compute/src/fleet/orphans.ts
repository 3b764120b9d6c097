import type { FleetMachine, OrphanMachine } from "@loramill/contracts";
import type { CreateParts } from "./create-parts.ts";

/** The living machines of a name, the oldest first. */
export function machinesNamed(machines: readonly FleetMachine[], name: string): FleetMachine[] {
  return machines
    .filter((machine) => machine.name === name && machine.state !== "gone")
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/** Gives back a machine that is not the one of its intent. It is written down first: what it cost is charged, whoever dies now. */
export async function giveBackOrphan(
  { provider, intents, clock }: Pick<CreateParts, "provider" | "intents" | "clock">,
  { name, remoteId }: Pick<FleetMachine, "name" | "remoteId">,
  { reason, signal }: { readonly reason: OrphanMachine["reason"]; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  await intents.noteOrphan({ provider: provider.name, remoteId, name, reason, at: clock.now() });
  await provider.terminate(remoteId, signal);
}
