import type {
  Claim,
  Clock,
  ErrorRecord,
  JobLedger,
  JobPolicy,
  Logger,
  QueueName,
  RunEventInput,
} from "@loramill/contracts";
import { z } from "zod";
import { TurnAbort } from "./abort-cause.ts";
import { bindLog, type TurnNotes, takeNotes } from "./context.ts";
import { settledWithin } from "./deadline.ts";
import type { BeatingTurn, Heartbeats } from "./heartbeats.ts";
import { type Outcome, outcomeOfAnswer, outcomeOfError, outcomeOfRecord } from "./outcome.ts";
import { readPayload } from "./payload.ts";
import { persist } from "./persist.ts";
import type { ProcessorTable } from "./processors.ts";
import { type Settled, settleTurn } from "./settle-turn.ts";
import type { TurnEvent, TurnEventType } from "./turn-event.ts";

/** What a turn needs from its worker. */
export interface TurnDeps {
  readonly queue: QueueName;
  /** Name of the worker, written to the attempt. */
  readonly worker: string;
  readonly ledger: JobLedger;
  readonly table: ProcessorTable;
  readonly heartbeats: Pick<Heartbeats, "add">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly onEvent: (event: TurnEvent) => void;
  /** How long a processor may take to obey its signal before its turn is settled without it. */
  readonly abortGraceMs: number;
}

/** What the queue handed over. */
export interface ReceivedDelivery {
  readonly queueId: string;
  readonly data: unknown;
  /** When it was due, if that is known. */
  readonly dueAt: Date | null;
}

/** A turn that runs. The worker may stop it or, when it must end itself, have it let go of an unwritten outcome. */
export interface RunningTurn extends BeatingTurn {
  letGo(): void;
}

/** What is left to do with the delivery. `fail` only shows in the queue; the catalog knows already. */
export type TurnEnd = Settled["delivery"];

/** A delivery that the catalog did not answer for comes back after about this long. */
const UNANSWERED_DELAY_MS = 2_000;

/** For jobs that this worker does not know: a newer one will, so they come back a few times. */
const UNKNOWN_JOB: JobPolicy = {
  attempts: 6,
  backoffMs: 5_000,
  maxBackoffMs: 120_000,
  turnTimeoutMs: 60_000,
  maxLostWorkers: 4,
};

/**
 * One delivery from claim to settlement. The outcome is written to the catalog before the queue learns of it, so a crash
 * in between repeats the delivery and not the effect. An outcome that could not be written is repeated too.
 */
export async function runTurn(
  received: ReceivedDelivery,
  deps: TurnDeps,
  onStart: (turn: RunningTurn) => () => void,
): Promise<TurnEnd> {
  const { ledger, queue, worker, log, clock, random } = deps;
  const payload = readPayload(received.data, received.queueId);
  try {
    if (!payload.ok) {
      const text = JSON.stringify(received.data) ?? "";
      await ledger.quarantineDelivery({
        queue,
        queueId: received.queueId,
        payload: text.slice(0, 16_384),
        reason: payload.reason,
      });
      log.error({ queue, queueId: received.queueId, reason: payload.reason }, "quarantined a delivery nobody can read");
      sayEvent(deps, unreadable(queue, payload.reason));
      return "fail";
    }
    const answer = await ledger.claim({ ...payload.delivery, queue, worker });
    if (answer.kind === "refused") return "finish";
    return await workOn(answer.claim, received, deps, onStart);
  } catch (error) {
    log.warn({ queue, queueId: received.queueId, error: String(error) }, "the catalog did not answer; later again");
    return { delayUntil: new Date(clock.now().getTime() + UNANSWERED_DELAY_MS * (0.5 + random())) };
  }
}

async function workOn(
  claim: Claim,
  received: ReceivedDelivery,
  deps: TurnDeps,
  onStart: (turn: RunningTurn) => () => void,
): Promise<TurnEnd> {
  const { clock, random, ledger } = deps;
  const startedAt = clock.now();
  const about = { run: claim.run, job: claim.job, epoch: claim.epoch, name: claim.name };
  const log = bindLog(deps.log, about);
  const letGo = new AbortController();
  const writing = { ledger, letGo: letGo.signal, random, log, about };
  const policy = deps.table.get(claim.name)?.definition.policy ?? UNKNOWN_JOB;
  const abort = new TurnAbort(policy.turnTimeoutMs);
  const events: Promise<void>[] = [];
  const emit = (event: RunEventInput) => {
    const written = persist(() => ledger.emit(event), writing);
    written.catch(() => {}); // Heard below, before the outcome is written.
    events.push(written);
  };
  const notes = takeNotes({ claim, signal: abort.signal, log, emit });
  const turn: RunningTurn = {
    job: claim.job,
    epoch: claim.epoch,
    takeProgress: notes.takeProgress,
    abort: (cause) => {
      abort.abort(cause);
      if (cause === "lost") letGo.abort();
    },
    letGo: () => letGo.abort(),
  };
  const tell = (type: TurnEventType, error: ErrorRecord | null) =>
    sayEvent(deps, {
      type,
      queue: deps.queue,
      name: claim.name,
      job: claim.job,
      run: claim.run,
      epoch: claim.epoch,
      attemptsSpent: claim.attemptsSpent,
      waitMs: received.dueAt === null ? null : Math.max(0, startedAt.getTime() - received.dueAt.getTime()),
      durationMs: type === "started" ? 0 : clock.now().getTime() - startedAt.getTime(),
      costMicroUsd: notes.costMicroUsd(),
      error,
    });

  const leave = onStart(turn);
  const stopBeating = deps.heartbeats.add(turn);
  try {
    tell("started", null);
    const outcome = await work(claim, policy, abort, notes, { ...deps, log });
    notes.close();
    const endedAt = clock.now();
    await Promise.all(events);
    const { charges, records } = notes;
    const settled = await settleTurn(outcome, { claim, startedAt, endedAt, charges, records }, writing);
    tell(settled.event, settled.error);
    return settled.delivery;
  } catch (error) {
    log.error({ error: String(error) }, "the outcome could not be written; the job will be done again");
    tell("abandoned", null);
    throw error;
  } finally {
    stopBeating();
    leave();
  }
}

/** Calls the processor, bounded by its timeout and its signal. Throws nothing. */
async function work(
  claim: Claim,
  policy: JobPolicy,
  abort: TurnAbort,
  notes: TurnNotes,
  deps: TurnDeps,
): Promise<Outcome> {
  const at = () => ({ claim, policy, cause: abort.cause, now: deps.clock.now(), random: deps.random });
  const entry = deps.table.get(claim.name);
  if (entry === undefined) {
    const message = `The worker of queue ${deps.queue} does not know the job ${claim.name}: it is older than the dispatcher`;
    return outcomeOfRecord({ class: "transient", code: "unknown-job", message, details: {} }, at());
  }
  if (claim.workersLost > policy.maxLostWorkers) {
    const message = `${claim.workersLost} workers were lost on this job: its input is taken for poison`;
    return { kind: "quarantined", error: { class: "permanent", code: "worker-lost", message, details: {} } };
  }
  const input = entry.definition.input.safeParse(claim.input);
  if (!input.success) {
    const message = `The input does not fit the job ${claim.name}: ${z.prettifyError(input.error)}`.slice(0, 4_096);
    return { kind: "quarantined", error: { class: "permanent", code: "poison-input", message, details: {} } };
  }
  if (claim.cancelRequested) {
    if (claim.turn === null) return { kind: "cancelled" };
    abort.abort("cancel"); // Work may be going on elsewhere: the processor sees an aborted signal and stops it.
  }
  const timer = setTimeout(() => abort.abort("timeout"), policy.turnTimeoutMs);
  try {
    const processing = entry.process(input.data, notes.context);
    return outcomeOfAnswer(await obeyed(processing, abort.signal, claim, deps), entry.definition, at());
  } catch (error) {
    if (abort.cause === undefined && !(error instanceof Error && "errorClass" in error)) {
      deps.log.error({ error: stackOf(error) }, "a processor threw what it should not");
    }
    return outcomeOfError(error, at());
  } finally {
    clearTimeout(timer);
  }
}

/** The processor's answer; or, when it does not obey its signal in time, the signal's reason thrown. */
async function obeyed(
  processing: Promise<unknown>,
  signal: AbortSignal,
  claim: Claim,
  deps: TurnDeps,
): Promise<unknown> {
  let onAbort = () => {};
  const deaf = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      settledWithin(processing, deps.abortGraceMs).then((settled) => {
        if (settled) return;
        deps.log.error({ name: claim.name, graceMs: deps.abortGraceMs }, "a processor ignores its signal");
        reject(signal.reason);
      });
    };
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([processing, deaf]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

function unreadable(queue: QueueName, reason: string): TurnEvent {
  return {
    type: "quarantined",
    queue,
    name: "unknown",
    job: null,
    run: null,
    epoch: 0,
    attemptsSpent: 0,
    waitMs: null,
    durationMs: 0,
    costMicroUsd: 0,
    error: { class: "permanent", code: "bad-payload", message: reason.slice(0, 4_096), details: {} },
  };
}

/** A listener that throws must not change what becomes of a job. */
function sayEvent(deps: Pick<TurnDeps, "onEvent" | "log">, event: TurnEvent): void {
  try {
    deps.onEvent(event);
  } catch (error) {
    deps.log.error({ error: String(error) }, "a listener to turn events threw");
  }
}
