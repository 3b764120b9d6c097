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
  /** The machine that is paid for under this name; once it is known, it stays what it is. */
  readonly remoteId: string | null;
}

/** A machine that costs money and is not the one of its name's intent: it is given back, and what it cost is charged to the fleet. */
export interface OrphanMachine {
  readonly provider: string;
  readonly remoteId: string;
  readonly name: string;
  readonly reason: "stranger" | "duplicate" | "ended" | "lease-lost";
  /** When it was given back. */
  readonly at: Date;
}

/** Keeps intents. Whoever works on an intent holds it alone, by the lease of its job; who has lost that is refused here. */
export interface MachineIntents {
  find(name: string): Promise<MachineIntent | null>;
  /**
   * Durable when it returns.
   * @throws PermanentError `intent-behind` where the intent is further than this one, or has another machine.
   */
  put(intent: MachineIntent): Promise<void>;
  /** Written before it is given back, so that it is paid for whoever dies. Durable when it returns; may be noted twice. */
  noteOrphan(orphan: OrphanMachine): Promise<void>;
}
