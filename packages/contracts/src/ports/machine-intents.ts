import type { MachineOffer } from "./compute-provider.ts";

/**
 * What we are about to do to one machine, written down before it is done: after a crash it tells what may have been paid for.
 * `open`: to be rented, or asked for; `rented`; `ending`: to be given back; `ended`: nothing of it costs anything any more.
 */
export interface MachineIntent {
  /** Unique for all times; the name of the machine. */
  readonly name: string;
  readonly state: "open" | "rented" | "ending" | "ended";
  /** The request that was sent last and may have been carried out; null when none was, or its refusal is known. */
  readonly asked: { readonly offer: MachineOffer; readonly at: Date } | null;
  readonly remoteId: string | null;
}

/** Keeps intents. Whoever works on an intent holds it alone, by the lease of its job. */
export interface MachineIntents {
  find(name: string): Promise<MachineIntent | null>;
  /** Durable when it returns. */
  put(intent: MachineIntent): Promise<void>;
}
