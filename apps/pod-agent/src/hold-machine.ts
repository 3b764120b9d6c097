import type { Agent } from "./agent.ts";
import { type GiveBack, giveMachineBack } from "./give-machine-back.ts";
import { type MachineLease, startMachineLease } from "./machine-lease.ts";

/** How long a rented machine may be without a word, and how it is given back then. */
export interface RentedMachineLease {
  readonly ms: number;
  readonly giveBack: GiveBack;
}

/**
 * Holds a rented machine for as long as somebody speaks to its agent. When nobody does any more, trainings are stopped, what
 * they saved is uploaded as far as the signed URLs still hold, and the machine is given back; then `onGone` is called.
 */
export function holdMachine(
  { ms: leaseMs, giveBack }: RentedMachineLease,
  parts: {
    readonly agent: Pick<Agent, "close">;
    readonly tickMs: number;
    readonly fetch: typeof fetch;
    readonly say: (line: string) => void;
    readonly onGone: () => Promise<void>;
  },
): MachineLease {
  const { agent, tickMs, say, onGone } = parts;
  const stopping = new AbortController();

  async function leave(): Promise<void> {
    say(`nobody has spoken to this agent for ${leaseMs / 1_000} seconds: its machine is given back`);
    // What cannot be written here any more must not keep the machine.
    await agent.close("lease-lost").catch((error: unknown) => say(`a training could not be ended well: ${error}`));
    await giveMachineBack(giveBack, { ...parts, signal: stopping.signal });
    await onGone();
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
