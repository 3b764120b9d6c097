import { setTimeout as delay } from "node:timers/promises";
import type { Agent } from "./agent.ts";
import { type GiveBack, giveMachineBack } from "./give-machine-back.ts";
import { type MachineLease, startMachineLease } from "./machine-lease.ts";

/** How long a rented machine may be without a word, and how it is given back then. */
export interface RentedMachineLease {
  readonly ms: number;
  readonly giveBack: GiveBack;
}

/** A minute is for uploads; a trainer that hangs in its driver, or a volume that no longer answers, may take for ever. */
const CLOSE_MS = 120_000;

/**
 * Holds a rented machine for as long as somebody speaks to its agent. When nobody does any more, trainings are stopped, what
 * they saved is uploaded as far as the signed URLs still hold, and the machine is given back; then `onGone` is called. Where there is no
 * agent, because it could not be opened, the machine is given back all the same.
 */
export function holdMachine(
  { ms: leaseMs, giveBack }: RentedMachineLease,
  parts: {
    readonly agent: Pick<Agent, "close"> | null;
    readonly tickMs: number;
    readonly fetch: typeof fetch;
    readonly say: (line: string) => void;
    readonly onGone: () => Promise<void>;
    /** How long trainings may take to end before the machine goes without them. */
    readonly closeMs?: number;
  },
): MachineLease {
  const { agent, tickMs, say, onGone, closeMs = CLOSE_MS } = parts;
  const stopping = new AbortController();

  async function leave(): Promise<void> {
    say(`nobody has spoken to this agent for ${leaseMs / 1_000} seconds: its machine is given back`);
    if (agent !== null) await closeInTime(agent);
    await giveMachineBack(giveBack, { ...parts, signal: stopping.signal });
    await onGone();
  }

  /** What cannot be written here any more, and what does not end, must not keep the machine. */
  async function closeInTime(closing: Pick<Agent, "close">): Promise<void> {
    const inTime = new AbortController();
    const closed = closing.close("lease-lost").catch((error: unknown) => {
      say(`a training could not be ended well: ${error}`);
    });
    const late = delay(closeMs, undefined, { signal: inTime.signal }).then(
      () => say(`a training has not ended within ${closeMs / 1_000} seconds: the machine goes without it`),
      () => undefined,
    );
    await Promise.race([closed, late]);
    inTime.abort();
  }

  const lease = startMachineLease({ leaseMs, tickMs, onLost: () => void leave() });
  return {
    heard: lease.heard,
    stop() {
      lease.stop();
      stopping.abort();
    },
  };
}
