import { toErrorRecord, UserError } from "@loramill/contracts";
import { leaveOut } from "./loras/leave-out.ts";
import type { Making } from "./making.ts";
import type { Turn } from "./turn.ts";

const CANCEL_TIMEOUT_MS = 4_000;

export function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return signal.aborted && reason instanceof UserError && reason.code === "cancelled";
}

/** The signal of the turn has aborted already, so the backend gets one of its own. What was used until then is charged. */
export async function tellCancelled(turn: Turn, making: Making): Promise<void> {
  const { backend, context, ctx } = making;
  const { remoteId } = turn;
  try {
    const own = { ...context, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) };
    const answer = await backend.cancel(remoteId, own);
    ctx.event("generation.cancelled", { backend: backend.name, remoteId, answer });
    if (answer === "cancelled") await chargeRest(turn, making, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
  } catch (error) {
    ctx.event("generation.cancel-failed", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
    // What it had used by then may be known here; under the turn's own signal, which has aborted, nothing else is done.
    await chargeRest(turn, making, context.signal);
    throw error;
  }
}

/** A backend that cannot tell leaves the ledger without it, so the run's events say it. */
async function chargeRest(
  { remoteId, left }: Turn,
  { backend, loaded, context, ctx }: Making,
  signal: AbortSignal,
): Promise<void> {
  try {
    const status = await backend.poll(remoteId, leaveOut(loaded.request, left), { ...context, signal });
    if (status.kind === "cancelled") for (const charge of status.charges ?? []) ctx.charge(charge);
  } catch (error) {
    ctx.event("generation.cost-unknown", { backend: backend.name, remoteId, message: toErrorRecord(error).message });
  }
}
