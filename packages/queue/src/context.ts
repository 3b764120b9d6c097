import {
  type Allowance,
  type CatalogRecord,
  type Charge,
  type Claim,
  type HoldRequest,
  type JobContext,
  type JsonObject,
  type Logger,
  Parked,
  PermanentError,
  type RunEventInput,
} from "@loramill/contracts";
import { jsonBytes, MAX_PAYLOAD_BYTES } from "./payload.ts";

/** What a turn has said so far, and the context through which it says it. */
export interface TurnNotes {
  readonly context: JobContext;
  readonly charges: readonly Charge[];
  readonly records: readonly CatalogRecord[];
  /** The progress said since the last call, if any: what the next heartbeat carries. */
  takeProgress(): JsonObject | undefined;
  /** From now on the context takes nothing more: what a processor says after its turn was settled has no place to go. */
  close(): void;
}

export function takeNotes(options: {
  readonly claim: Claim;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly emit: (event: RunEventInput) => void;
  readonly hold: (request: HoldRequest) => Promise<Allowance>;
}): TurnNotes {
  const { claim, signal, log, emit, hold } = options;
  const charges: Charge[] = [];
  const records: CatalogRecord[] = [];
  let progress: JsonObject | undefined;
  let closed = false;

  const whileOpen = (what: string): boolean => {
    if (closed) log.warn({ job: claim.job, name: claim.name, what }, "said after the turn had ended; not kept");
    return !closed;
  };

  const parked = (afterMs: number, turn: JsonObject, isGivenBack: boolean): Parked => {
    if (jsonBytes(turn) > MAX_PAYLOAD_BYTES) throw tooLarge("turn");
    return new Parked(afterMs, turn, isGivenBack);
  };

  const context: JobContext = {
    run: claim.run,
    step: claim.step,
    job: claim.job,
    project: claim.project,
    isReplay: claim.isReplay,
    epoch: claim.epoch,
    attemptsSpent: claim.attemptsSpent,
    signal,
    log,
    turn: claim.turn,
    park: (afterMs, turn) => parked(afterMs, turn, false),
    giveBack: (turn) => parked(0, turn, true),
    hold: (microUsd, how) => hold({ job: claim.job, epoch: claim.epoch, microUsd, charges, ...how }),
    progress: (next) => {
      if (!closed) progress = next; // Late progress is worth nothing.
    },
    charge: (charge) => {
      if (whileOpen("charge")) charges.push(charge);
    },
    record: (record) => {
      if (whileOpen("record")) records.push(record);
    },
    event: (type, data) => {
      if (whileOpen("event")) emit({ run: claim.run, step: claim.step, job: claim.job, type, data });
    },
  };

  return {
    context,
    charges,
    records,
    takeProgress: () => {
      const taken = progress;
      progress = undefined;
      return taken;
    },
    close: () => {
      closed = true;
    },
  };
}

/** Puts who speaks into every line of a turn's log. */
export function bindLog(log: Logger, about: JsonObject): Logger {
  return {
    debug: (details, message) => log.debug({ ...about, ...details }, message),
    info: (details, message) => log.info({ ...about, ...details }, message),
    warn: (details, message) => log.warn({ ...about, ...details }, message),
    error: (details, message) => log.error({ ...about, ...details }, message),
  };
}

export function tooLarge(what: string): PermanentError {
  return new PermanentError(`The ${what} is larger than ${MAX_PAYLOAD_BYTES} bytes: store it as a document`, {
    code: `${what}-too-large`,
  });
}
