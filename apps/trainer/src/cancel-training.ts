import {
  type BackendContext,
  type JobContext,
  type TrainingBackend,
  type TrainingRequest,
  toErrorRecord,
  UserError,
} from "@loramill/contracts";
import type { Turn } from "./turn.ts";

/** The backend is told while the job's own end waits for it. */
const CANCEL_TIMEOUT_MS = 4_000;
/** The same where nobody waits: as long as an agent may take to end its trainer. */
export const STOP_TIMEOUT_MS = 15_000;

interface Told {
  readonly backend: TrainingBackend;
  readonly context: BackendContext;
  readonly ctx: JobContext;
  /** For each question, in milliseconds; left out, as much as the end of a job that is cancelled may take. */
  readonly limitMs?: number;
}

interface CancelledTraining extends Told {
  /** The request as it was submitted. */
  readonly requestOf: (signal: AbortSignal) => Promise<TrainingRequest>;
}

export function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}

/** Ends what runs for the job on the remote side, also what a lost turn started and did not live to note. */
export async function cancelTraining(turn: Turn, told: CancelledTraining): Promise<void> {
  if (turn.phase === "waiting") return;
  const { backend, context, ctx, limitMs = CANCEL_TIMEOUT_MS } = told;
  const remoteId =
    turn.phase === "running"
      ? turn.remoteId
      : await backend.find(ctx.job, { ...context, signal: AbortSignal.timeout(limitMs) });
  if (remoteId === null) return;
  await tellBackend(remoteId, told);
  await chargeRest(remoteId, told);
}

/** What it used since the last turn. A backend that cannot tell leaves the ledger without it, so the run's events say it. */
async function chargeRest(remoteId: string, training: CancelledTraining): Promise<void> {
  const { backend, context, ctx, requestOf, limitMs = CANCEL_TIMEOUT_MS } = training;
  const signal = AbortSignal.timeout(limitMs);
  try {
    const { charges = [] } = await backend.poll(remoteId, await requestOf(signal), { ...context, signal });
    for (const charge of charges) ctx.charge(charge);
  } catch (error) {
    ctx.event("training.cost-unknown", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
  }
}

/**
 * The signal of the turn has aborted already, so the backend gets one of its own. A backend that cannot be told may go on
 * computing, so the run's events say it.
 */
export async function tellBackend(
  remoteId: string,
  { backend, context, ctx, limitMs = CANCEL_TIMEOUT_MS }: Told,
): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  let answer: string;
  try {
    answer = await backend.cancel(remoteId, { ...context, signal });
  } catch (error) {
    ctx.event("training.cancel-failed", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
    throw error;
  }
  ctx.event("training.cancelled", { backend: backend.name, remoteId, answer });
}
