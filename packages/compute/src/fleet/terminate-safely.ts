import { type FleetMachine, PermanentError } from "@loramill/contracts";
import { type CreateParts, machinesNamed } from "./create-safely.ts";

export type TerminateOutcome =
  | { readonly kind: "ended" }
  /** A machine that was asked for may still come, or one that was ended is still listed: call again then. */
  | { readonly kind: "in-doubt"; readonly retryAfterMs: number };

const LOOK_AGAIN_MS = 5_000;

/**
 * Gives back whatever was rented under a name, also a machine whose renting was never heard of. May be called as often as one
 * likes; from the first call on `createSafely` rents nothing more under it. It has ended when nothing is listed and nothing
 * that was asked for can come any more.
 */
export async function terminateSafely(
  { provider, intents, clock, settleMs }: CreateParts,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
): Promise<TerminateOutcome> {
  const intent = await intents.find(name);
  if (intent === null)
    throw new PermanentError(`no machine was ever meant to be called ${name}`, { code: "not-found" });
  if (intent.state === "ended") return { kind: "ended" };
  if (intent.state !== "ending") await intents.put({ ...intent, state: "ending" });

  const isOurs = (machine: FleetMachine) => machine.remoteId === intent.remoteId && machine.state !== "gone";
  async function listed(): Promise<FleetMachine[]> {
    const machines = await provider.machines(signal);
    return [...new Set([...machinesNamed(machines, name), ...machines.filter(isOurs)])];
  }

  for (const { remoteId } of await listed()) await provider.terminate(remoteId, signal);
  if ((await listed()).length > 0) return { kind: "in-doubt", retryAfterMs: LOOK_AGAIN_MS };
  if (intent.remoteId === null && intent.asked !== null) {
    const leftMs = intent.asked.at.getTime() + settleMs - clock.now().getTime();
    if (leftMs > 0) return { kind: "in-doubt", retryAfterMs: leftMs };
  }
  await intents.put({ ...intent, state: "ended" });
  return { kind: "ended" };
}
