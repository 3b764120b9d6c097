import type { BackendContext, TrainingBackend } from "@loramill/contracts";
import { type AgentDeps, agentOf } from "./agent-deps.ts";
import { jobIdOf } from "./agent-record.ts";
import { keepAccount } from "./training-status.ts";

/** Stops a training wherever it is: an agent that is not reached now stops by itself when its lease runs out. */
export async function cancelTraining(
  remoteId: string,
  context: BackendContext,
  deps: AgentDeps,
): ReturnType<TrainingBackend["cancel"]> {
  const { records, agents } = deps;
  const record = await records.find(context.job);
  if (record?.remoteId !== remoteId) return "unknown";
  // First, because an agent that does not answer ends its training when nobody asks after it any more.
  await records.write(context.job, { ...record, cancelled: true });
  const job = await agentOf(record, await agents(record))?.client.cancel(
    jobIdOf(remoteId),
    context.epoch,
    context.signal,
  );
  if (job?.state === "succeeded") {
    await records.write(context.job, record);
    return "already-ended";
  }
  const news = job ? ({ job, end: "lives" } as const) : ({ end: "gone" } as const);
  await keepAccount({ ...record, cancelled: true }, news, { ...deps, context });
  return "cancelled";
}
