import type { BackendContext } from "@loramill/contracts";
import { CANCEL_TIMEOUT_MS, clientOf, type TrainingDeps } from "./training-deps.ts";
import type { ComfyUiRecord } from "./training-record.ts";

/**
 * Takes the prompt of a training back. It is charged for as long as the server says that it ran until then; where the server
 * does not say, or does not answer, for as long as it was seen to run.
 */
export async function cancelTraining(
  remoteId: string,
  context: BackendContext,
  deps: Pick<TrainingDeps, "records" | "clients" | "watches" | "clock">,
): Promise<"cancelled" | "already-ended" | "unknown"> {
  const { records, clients, watches } = deps;
  const record = await records.find(context.job);
  if (record === null || record.promptId !== remoteId) return "unknown";
  if (record.state === "ended") return "already-ended";
  const cancelled: ComfyUiRecord = withSeconds({ ...record, state: "cancelled" }, secondsSeen(record, deps));
  await records.write(context.job, cancelled);
  watches.forget(remoteId);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(CANCEL_TIMEOUT_MS)]);
  const { prompts } = clientOf(record, clients);
  const answer = await prompts.cancel(remoteId, signal);
  if (answer === "already-ended") {
    await records.write(context.job, record);
    return answer;
  }
  const end = answer === "cancelled" ? await prompts.find(remoteId, signal) : null;
  if (end !== null && "seconds" in end) await records.write(context.job, withSeconds(cancelled, end.seconds));
  // One that had not arrived is as good as cancelled.
  return "cancelled";
}

/** Until now for one that runs. */
function secondsSeen({ startedAt, seconds, promptId }: ComfyUiRecord, { clock }: Pick<TrainingDeps, "clock">): number {
  const before = seconds[promptId] ?? 0;
  return startedAt === null ? before : Math.max(before, (clock.now().getTime() - Date.parse(startedAt)) / 1000);
}

/** What nobody tells is left as it was, and what held no server costs nothing. */
function withSeconds(record: ComfyUiRecord, seconds: number | null): ComfyUiRecord {
  if (seconds === null || seconds <= 0) return record;
  return { ...record, seconds: { ...record.seconds, [record.promptId]: seconds } };
}
