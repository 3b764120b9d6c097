import {
  type FleetMachine,
  type MachineIntent,
  type MachineOffer,
  type MachineRequest,
  NO_CAPACITY,
  OFFER_FORBIDDEN,
  PermanentError,
  RATE_LIMITED,
  REQUEST_REFUSED,
  TransientError,
  UserError,
} from "@loramill/contracts";
import type { CreateParts } from "./create-parts.ts";
import { giveBackOrphan, machinesNamed } from "./orphans.ts";

/** `tried`: the offers that refused in this call. */
export type CreateOutcome = { readonly tried: readonly Refusal[] } & (
  | {
      readonly kind: "rented";
      readonly machine: FleetMachine;
      /** What was asked for. */
      readonly offer: MachineOffer;
      /** It had been rented before, and its answer was lost. */
      readonly adopted: boolean;
    }
  /** A request may have been carried out, and its machine is not to be seen yet: look again then, and rent nothing meanwhile. */
  | { readonly kind: "in-doubt"; readonly retryAfterMs: number }
  /** Nothing was rented, and the provider wants to be left alone for so long. */
  | { readonly kind: "wait"; readonly retryAfterMs: number; readonly error: TransientError }
  /** No candidate could be had: sold out, not for this account, or refused as invalid while others were not. */
  | { readonly kind: "no-capacity" }
  /** Every candidate that is for this account was refused as invalid: the request is wrong, or all were sold out in unknown words. */
  | { readonly kind: "all-refused" }
  /** The machine is being given back, or has been: its name rents nothing any more. */
  | { readonly kind: "ended" }
);

export interface Refusal {
  readonly offer: MachineOffer;
  /** Of refusal-codes.ts in packages/contracts. */
  readonly code: string;
  readonly message: string;
}

/** Refusals of one offer, after which the next is asked for. */
const REFUSALS: ReadonlySet<string> = new Set([NO_CAPACITY, OFFER_FORBIDDEN, REQUEST_REFUSED]);
const USUAL_WAIT_MS = 30_000;

/**
 * Rents one machine by a name that is its own for ever, however often this is called and wherever it dies. The intent is written
 * before each request; as long as a request is not known to have been refused, the machine is looked for by its name, and another
 * request is sent only when it cannot come any more. Candidates are asked in their order. Who was replaced meanwhile, and has a
 * machine that the intent does not want any more, gives it back.
 * @throws PermanentError what no other offer would change: `payment-required`, and `request-invalid`, which is our mistake;
 * `intent-behind` when another worker has gone on with the intent.
 */
export async function createSafely(
  parts: CreateParts,
  request: Omit<MachineRequest, "offer"> & { readonly candidates: readonly MachineOffer[] },
): Promise<CreateOutcome> {
  const { provider, intents, clock, settleMs } = parts;
  const { name, candidates, signal } = request;
  const tried: Refusal[] = [];
  const found = await intents.find(name);
  if (found?.state === "ending" || found?.state === "ended") return { kind: "ended", tried };
  let intent: MachineIntent = found ?? { name, state: "open", asked: null, remoteId: null };
  if (found === null) await intents.put(intent);

  async function keep(machine: FleetMachine, offer: MachineOffer, adopted: boolean): Promise<CreateOutcome> {
    try {
      await intents.put({ ...intent, state: "rented", remoteId: machine.remoteId });
    } catch (error) {
      const isBehind = error instanceof PermanentError && error.code === "intent-behind";
      if (isBehind) await giveBackOrphan(parts, machine, { reason: "duplicate", signal });
      throw error;
    }
    return { kind: "rented", machine, offer, adopted, tried };
  }

  async function adopt(offer: MachineOffer): Promise<CreateOutcome | null> {
    const [oldest, ...others] = machinesNamed(await provider.machines(signal), name);
    if (oldest === undefined) return null;
    // First, because another worker may have rented one of the others since: then it is the oldest that goes.
    const kept = await keep(oldest, offer, true);
    for (const machine of others) await giveBackOrphan(parts, machine, { reason: "duplicate", signal });
    return kept;
  }

  if (intent.state === "rented") {
    const machine = intent.remoteId === null ? null : await provider.describe(intent.remoteId, signal);
    // One that is gone was rented, and is not rented again under this name.
    if (machine === null || machine.state === "gone" || intent.asked === null) return { kind: "ended", tried };
    return { kind: "rented", machine, offer: intent.asked.offer, adopted: true, tried };
  }
  if (intent.asked !== null) {
    const adopted = await adopt(intent.asked.offer);
    if (adopted !== null) return adopted;
    const leftMs = intent.asked.at.getTime() + settleMs - clock.now().getTime();
    if (leftMs > 0) return { kind: "in-doubt", retryAfterMs: leftMs, tried };
  }

  for (const offer of candidates) {
    intent = { ...intent, asked: { offer, at: clock.now() } };
    await intents.put(intent);
    let machine: FleetMachine;
    try {
      machine = await provider.create({ ...request, offer });
    } catch (thrown) {
      const error = refusalOf(thrown);
      if (error === null) return (await adopt(offer)) ?? { kind: "in-doubt", retryAfterMs: settleMs, tried };
      intent = { ...intent, asked: null };
      await intents.put(intent);
      if (error.code === RATE_LIMITED && error instanceof TransientError) {
        return { kind: "wait", retryAfterMs: error.retryAfterMs ?? USUAL_WAIT_MS, error, tried };
      }
      if (!REFUSALS.has(error.code)) throw error;
      tried.push({ offer, code: error.code, message: error.message });
      continue;
    }
    return await keep(machine, offer, false);
  }
  return { kind: isAllRefused(tried) ? "all-refused" : "no-capacity", tried };
}

/** An offer that is not for this account says nothing of the request. */
function isAllRefused(tried: readonly Refusal[]): boolean {
  const heard = tried.filter(({ code }) => code !== OFFER_FORBIDDEN);
  return heard.length > 0 && heard.every(({ code }) => code === REQUEST_REFUSED);
}

/** The error when the request was refused for certain; null when it may have been carried out all the same. */
function refusalOf(error: unknown): TransientError | PermanentError | UserError | null {
  if (error instanceof PermanentError || error instanceof UserError) return error;
  // An abort, or a mistake in a driver: it is the caller's, and the intent keeps its doubt.
  if (!(error instanceof TransientError)) throw error;
  return REFUSALS.has(error.code) || error.code === RATE_LIMITED ? error : null;
}
