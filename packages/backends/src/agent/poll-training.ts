import {
  type AgentGrants,
  type AgentJob,
  type BackendContext,
  type TrainingRequest,
  type TrainingStatus,
  TransientError,
} from "@loramill/contracts";
import { splitLines } from "@loramill/trainers";
import { chargesOf } from "./agent-charges.ts";
import { type AgentClient, UNREACHABLE } from "./agent-client.ts";
import { type AgentDeps, agentOf } from "./agent-deps.ts";
import { jobIdOf } from "./agent-record.ts";
import { finalSave, knowTraining } from "./know-training.ts";
import { waitFor } from "./submit-to-agents.ts";
import { keepAccount, type Look, statusOf, withoutAgent } from "./training-status.ts";

/** One look at a training: the record, the agent's word where it answers, and the store's where it does not. */
export async function pollTraining(
  remoteId: string,
  request: TrainingRequest,
  context: BackendContext,
  deps: AgentDeps,
): Promise<TrainingStatus> {
  const record = await deps.records.find(context.job);
  if (record?.remoteId !== remoteId || record.marker !== request.marker) return { kind: "lost" };
  if (record.cancelled) return { kind: "cancelled", charges: chargesOf(record.attempts, record.trainer, "all") };
  const known = await knowTraining(request, record, deps);
  if (record.request !== known.digests.request) {
    return { kind: "lost", charges: chargesOf(record.attempts, record.trainer, "all") };
  }
  const look: Look = { ...deps, record, request, known, context };
  const agent = agentOf(record, await deps.agents(record));
  if (agent === undefined) return withoutAgent(look);

  let answers: AgentJob[] | null;
  try {
    answers = await ask(agent.client, jobIdOf(remoteId), look);
  } catch (error) {
    if (!(error instanceof TransientError) || error.code !== UNREACHABLE) throw error;
    return whileUnreachable(error, look);
  }
  const job = answers?.at(-1);
  if (answers === null || job === undefined) return withoutAgent(look);
  const uploads = answers.flatMap((answer) => answer.uploads);
  return statusOf(job, uploads, look);
}

/** What the agent says, and once more where it wants something granted. Null when it knows the training no longer. */
async function ask(client: AgentClient, id: string, { known, context, options }: Look): Promise<AgentJob[] | null> {
  const poll = async (grants: AgentGrants) => {
    const question = { epoch: context.epoch, leaseSeconds: options.leaseSeconds, logOffset: null, grants };
    const job = await client.poll(id, question, context.signal);
    if (job !== null) sayLines(job, context);
    return job;
  };
  const first = await poll(await known.office.grant({ reads: [], writes: [] }, context));
  if (first === null) return null;
  if (first.wants.reads.length === 0 && first.wants.writes.length === 0) return [first];
  const second = await poll(await known.office.grant(first.wants, context));
  return second === null ? null : [first, second];
}

/** A trainer's own words, without the bars that it draws over and over. */
function sayLines({ log }: AgentJob, context: BackendContext): void {
  for (const line of splitLines(log.text)) if (line !== "" && !/\d+%\|/.test(line)) context.onLog(line);
}

/**
 * The agent may come back within its lease. After it, or when the provider says that the machine has ended, the training
 * is lost unless the LoRA lies in the store.
 */
async function whileUnreachable(error: TransientError, look: Look): Promise<TrainingStatus> {
  const { clock, options, known, context } = look;
  const now = clock.now().getTime();
  const unreachableSince = look.record.unreachableSince ?? now;
  const record = await keepAccount({ ...look.record, unreachableSince }, {}, look);
  const isGone = record.attempts.at(-1)?.isSettled === true;
  if (!isGone && now - unreachableSince < options.leaseSeconds * 1_000) {
    if ((await finalSave(known, record, context, look)) === null) throw waitFor(error, options);
  }
  return withoutAgent({ ...look, record });
}
