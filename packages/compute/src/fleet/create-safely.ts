import {
  type Clock,
  type FleetMachine,
  type FleetProvider,
  type MachineIntent,
  type MachineIntents,
  type MachineOffer,
  type MachineRequest,
  PermanentError,
  TransientError,
  UserError,
} from "@loramill/contracts";

export type CreateOutcome =
  /** `adopted`: it had been rented before, and its answer was lost. */
  | { readonly kind: "rented"; readonly machine: FleetMachine; readonly adopted: boolean }
  /** A request may have been carried out, and its machine is not to be seen yet: look again then, and rent nothing meanwhile. */
  | { readonly kind: "in-doubt"; readonly retryAfterMs: number }
  /** Nothing was rented, and the provider wants to be left alone for so long. */
  | { readonly kind: "wait"; readonly retryAfterMs: number; readonly error: TransientError }
  /** All candidates are sold out, or are not for this account. */
  | { readonly kind: "no-capacity"; readonly tried: readonly Refusal[] }
  /** The machine is being given back, or has been: its name rents nothing any more. */
  | { readonly kind: "ended" };

export interface Refusal {
  readonly offer: MachineOffer;
  readonly code: string;
  readonly message: string;
}

export interface CreateParts {
  readonly provider: FleetProvider;
  readonly intents: MachineIntents;
  readonly clock: Clock;
  /** After so long a machine that was asked for is listed, or was never rented. */
  readonly settleMs: number;
}

/** Refusals of one offer, after which the next is asked for. */
const REFUSALS: ReadonlySet<string> = new Set(["capacity", "offer-forbidden", "request-refused"]);
const USUAL_WAIT_MS = 30_000;

/**
 * Rents one machine by a name that is its own for ever, however often this is called and wherever it dies. The intent is written
 * before each request; as long as a request is not known to have been refused, the machine is looked for by its name, and another
 * request is sent only when it cannot come any more. Candidates are asked in their order.
 * @throws PermanentError `payment-required` at once; `all-offers-refused` when every candidate was refused as invalid, which is
 * our mistake and not a lack of machines.
 */
export async function createSafely(
  parts: CreateParts,
  request: Omit<MachineRequest, "offer"> & { readonly candidates: readonly MachineOffer[] },
): Promise<CreateOutcome> {
  const { provider, intents, clock, settleMs } = parts;
  const { name, candidates, signal } = request;
  const found = await intents.find(name);
  if (found?.state === "ending" || found?.state === "ended") return { kind: "ended" };
  let intent: MachineIntent = found ?? { name, state: "open", asked: null, remoteId: null };
  if (found === null) await intents.put(intent);

  async function keep(machine: FleetMachine, adopted: boolean): Promise<CreateOutcome> {
    await intents.put({ ...intent, state: "rented", remoteId: machine.remoteId });
    return { kind: "rented", machine, adopted };
  }

  async function adopt(): Promise<CreateOutcome | null> {
    const ours = machinesNamed(await provider.machines(signal), name);
    const [oldest, ...others] = ours.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
    if (oldest === undefined) return null;
    for (const { remoteId } of others) await provider.terminate(remoteId, signal);
    return keep(oldest, true);
  }

  if (intent.state === "rented") {
    const machine = intent.remoteId === null ? null : await provider.describe(intent.remoteId, signal);
    // One that is gone was rented, and is not rented again under this name.
    return machine === null || machine.state === "gone"
      ? { kind: "ended" }
      : { kind: "rented", machine, adopted: true };
  }
  if (intent.asked !== null) {
    const adopted = await adopt();
    if (adopted !== null) return adopted;
    const leftMs = intent.asked.at.getTime() + settleMs - clock.now().getTime();
    if (leftMs > 0) return { kind: "in-doubt", retryAfterMs: leftMs };
  }

  const tried: Refusal[] = [];
  for (const offer of candidates) {
    intent = { ...intent, asked: { offer, at: clock.now() } };
    await intents.put(intent);
    try {
      return await keep(await provider.create({ ...request, offer }), false);
    } catch (thrown) {
      const error = refusalOf(thrown);
      if (error === null) return (await adopt()) ?? { kind: "in-doubt", retryAfterMs: settleMs };
      intent = { ...intent, asked: null };
      await intents.put(intent);
      if (error.code === "rate-limited" && error instanceof TransientError) {
        return { kind: "wait", retryAfterMs: error.retryAfterMs ?? USUAL_WAIT_MS, error };
      }
      if (!REFUSALS.has(error.code)) throw error;
      tried.push({ offer, code: error.code, message: error.message });
    }
  }
  if (tried.length > 0 && tried.every(({ code }) => code === "request-refused")) throw allRefused(tried);
  return { kind: "no-capacity", tried };
}

/** The living machines of a name. */
export function machinesNamed(machines: readonly FleetMachine[], name: string): FleetMachine[] {
  return machines.filter((machine) => machine.name === name && machine.state !== "gone");
}

/** The error when the request was refused for certain; null when it may have been carried out all the same. */
function refusalOf(error: unknown): TransientError | PermanentError | UserError | null {
  if (error instanceof PermanentError || error instanceof UserError) return error;
  // An abort, or a mistake in a driver: it is the caller's, and the intent keeps its doubt.
  if (!(error instanceof TransientError)) throw error;
  return REFUSALS.has(error.code) || error.code === "rate-limited" ? error : null;
}

function allRefused(tried: readonly Refusal[]): PermanentError {
  const { length } = tried;
  const message = `all ${length} offers were refused as invalid, so the request itself is wrong: ${tried[0]?.message}`;
  return new PermanentError(message, { code: "all-offers-refused", details: { offers: length } });
}
