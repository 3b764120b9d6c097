import type { BackendContext, TrainingBackend, TrainingRequest } from "@loramill/contracts";
import { type AgentDeps, agentOf } from "./agent-deps.ts";
import { remoteIdOf } from "./agent-record.ts";
import { knowTraining, savesOf } from "./know-training.ts";
import { submitToAgents } from "./submit-to-agents.ts";

const FINISHED_HERE = "stored";

/** An agent whose answer was lost is asked whether it has the training. */
export async function findTraining(marker: string, context: BackendContext, deps: AgentDeps): Promise<string | null> {
  const { records, agents, account } = deps;
  const record = await records.find(context.job);
  if (record?.marker !== marker || record.remoteId !== null) return record?.remoteId ?? null;
  const agent = agentOf(record, await agents(record));
  const job = await agent?.client.find(marker, context.signal);
  if (agent === undefined || !job) return null;
  const remoteId = remoteIdOf(agent.client.url, job.id);
  const attempts = account.accept(record.attempts, { jobId: job.id, epoch: context.epoch });
  await records.write(context.job, { ...record, remoteId, attempts });
  return remoteId;
}

/** Gives the training to an agent, which goes on from the newest save; nobody is asked when the LoRA is there already. */
export async function submitTraining(
  request: TrainingRequest,
  context: BackendContext,
  deps: AgentDeps,
): ReturnType<TrainingBackend["submit"]> {
  const { records } = deps;
  const record = await records.find(context.job);
  const found = record?.marker === request.marker ? record : null;
  const known = await knowTraining(request, found, deps);
  const saves = await savesOf(known, found, context, deps);
  if (saves[0]?.manifest.final && found !== null) {
    // An agent that was given up had put the LoRA into the store after all.
    const remoteId = found.remoteId ?? FINISHED_HERE;
    await records.write(context.job, { ...found, request: known.digests.request, remoteId, cancelled: false });
    return { remoteId };
  }
  const { remoteId, pod, attempts, trainer } = await submitToAgents({ ...deps, known, request, context, found, saves });
  const machine = pod === null ? {} : { pod, podMicroUsd: attempts.at(-1)?.before.microUsd ?? 0, trainer };
  return { remoteId: remoteId ?? FINISHED_HERE, ...machine };
}
