import type { Claim, ErrorRecord, JobLedger, MicroUsd, QueueName, RunEventInput } from "@loramill/contracts";
import { TurnAbort } from "./abort-cause.ts";
import { bindLog, takeNotes } from "./context.ts";
import { errorText } from "./error-text.ts";
import type { BeatingTurn, Heartbeats } from "./heartbeats.ts";
import { readPayload } from "./payload.ts";
import { persist } from "./persist.ts";
import { type Settled, settleTurn } from "./settle-turn.ts";
import type { TurnEvent, TurnEventType } from "./turn-event.ts";
import { policyOf, type WorkDeps, workTurn } from "./work-turn.ts";

/** What a turn needs from its worker. */
export interface TurnDeps extends WorkDeps {
  /** Name of the worker, written to the attempt. */
  readonly worker: string;
  readonly ledger: JobLedger;
  readonly heartbeats: Pick<Heartbeats, "add" | "tell">;
  readonly onEvent: (event: TurnEvent) => void;
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
    log.warn({ queue, queueId: received.queueId, error: errorText(error) }, "the catalog did not answer; later again");
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
  const policy = policyOf(claim, deps.table);
  const abort = new TurnAbort(policy.turnTimeoutMs);
  const events: Promise<void>[] = [];
  const emit = (event: RunEventInput) => {
    const written = persist(() => ledger.emit(event), writing);
    written.catch(() => {}); // Heard below, before the outcome is written.
    events.push(written);
  };
  const notes = takeNotes({ claim, signal: abort.signal, log, emit, hold: (asked) => ledger.hold(asked) });
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
  const tell = (type: TurnEventType, error: ErrorRecord | null, costMicroUsd: MicroUsd) =>
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
      costMicroUsd,
      error,
    });

  const leave = onStart(turn);
  const stopBeating = deps.heartbeats.add(turn);
  try {
    tell("started", null, 0);
    const outcome = await workTurn(claim, abort, notes, { ...deps, log });
    if (outcome.kind === "parked") await deps.heartbeats.tell(turn);
    notes.close();
    const endedAt = clock.now();
    await Promise.all(events);
    const { charges, records } = notes;
    const settled = await settleTurn(outcome, { claim, startedAt, endedAt, charges, records }, writing);
    tell(settled.event, settled.error, settled.costMicroUsd);
    return settled.delivery;
  } catch (error) {
    log.error({ error: errorText(error) }, "the outcome could not be written; the job will be done again");
    tell("abandoned", null, 0);
    throw error;
  } finally {
    stopBeating();
    leave();
  }
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
    deps.log.error({ error: errorText(error) }, "a listener to turn events threw");
  }
}
