import { type MachineIntent, PermanentError } from "@loramill/contracts";
import type { CreateParts } from "./create-parts.ts";
import { giveBackOrphan, machinesNamed } from "./orphans.ts";

export type TerminateOutcome =
  | { readonly kind: "ended" }
  /** A machine that was asked for may still come, or one that was ended is still listed: call again then. */
  | { readonly kind: "in-doubt"; readonly retryAfterMs: number };

const LOOK_AGAIN_MS = 5_000;

/**
 * Gives back whatever was rented under a name, also a machine whose renting was never heard of: that is written into the intent first,
 * because what it cost is charged by its id. May be called as often as one likes; from the first call on `createSafely` rents
 * nothing more under the name. It has ended when nothing is listed and nothing that was asked for can come any more.
 */
export async function terminateSafely(
  parts: CreateParts,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
): Promise<TerminateOutcome> {
  const { provider, intents, clock, settleMs } = parts;
  const found = await intents.find(name);
  if (found === null) throw new PermanentError(`no machine was ever meant to be called ${name}`, { code: "not-found" });
  if (found.state === "ended") return { kind: "ended" };
  let intent: MachineIntent = { ...found, state: "ending" };
  if (found.state !== "ending") await intents.put(intent);
  // Lists may lag behind: one whose id is known is ended by that, listed or not.
  const isKnown = intent.remoteId !== null && (await provider.terminate(intent.remoteId, signal)) === "terminated";

  const left = async () => {
    const machines = await provider.machines(signal);
    const isOurs = ({ remoteId }: { remoteId: string }) => remoteId === intent.remoteId;
    const named = machinesNamed(machines, name);
    return [...named, ...machines.filter((one) => isOurs(one) && one.state !== "gone" && !named.includes(one))];
  };
  const listed = await left();
  for (const machine of listed) {
    if (intent.remoteId === null) {
      intent = { ...intent, remoteId: machine.remoteId };
      await intents.put(intent);
    }
    if (machine.remoteId === intent.remoteId) await provider.terminate(machine.remoteId, signal);
    else await giveBackOrphan(parts, machine, { reason: "duplicate", signal });
  }
  if (listed.length > 0 && (await left()).length > 0) return { kind: "in-doubt", retryAfterMs: LOOK_AGAIN_MS };
  if (intent.asked !== null && !isKnown && listed.length === 0) {
    const leftMs = intent.asked.at.getTime() + settleMs - clock.now().getTime();
    if (leftMs > 0) return { kind: "in-doubt", retryAfterMs: leftMs };
  }
  await intents.put({ ...intent, state: "ended" });
  return { kind: "ended" };
}
