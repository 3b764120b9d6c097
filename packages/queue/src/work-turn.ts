import type { Claim, Clock, JobPolicy, Logger, QueueName } from "@loramill/contracts";
import { z } from "zod";
import type { TurnAbort } from "./abort-cause.ts";
import type { TurnNotes } from "./context.ts";
import { settledWithin } from "./deadline.ts";
import { errorStack } from "./error-text.ts";
import { type Outcome, outcomeOfAnswer, outcomeOfError, outcomeOfRecord } from "./outcome.ts";
import type { ProcessorTable } from "./processors.ts";

export interface WorkDeps {
  readonly queue: QueueName;
  readonly table: ProcessorTable;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** How long a processor may take to obey its signal before its turn is settled without it. */
  readonly abortGraceMs: number;
}

/** For jobs that this worker does not know: a newer one will, so they come back a few times. */
const UNKNOWN_JOB: JobPolicy = {
  attempts: 6,
  backoffMs: 5_000,
  maxBackoffMs: 120_000,
  turnTimeoutMs: 60_000,
  maxLostWorkers: 4,
};

export function policyOf(claim: Claim, table: ProcessorTable): JobPolicy {
  return table.get(claim.name)?.definition.policy ?? UNKNOWN_JOB;
}

/**
 * Parses the input and calls the processor, bounded by its timeout and its signal. Throws nothing: whatever happens is an
 * outcome. Poison and cancelled jobs are not started.
 */
export async function workTurn(claim: Claim, abort: TurnAbort, notes: TurnNotes, deps: WorkDeps): Promise<Outcome> {
  const policy = policyOf(claim, deps.table);
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
      deps.log.error({ error: errorStack(error) }, "a processor threw what it should not");
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
  deps: WorkDeps,
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
