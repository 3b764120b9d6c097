import {
  type AgentManifest,
  type AgentStart,
  type BackendContext,
  type TrainingRequest,
  TransientError,
} from "@loramill/contracts";
import type { CommittedSave } from "./agent-checkpoints.ts";
import { UNREACHABLE } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";
import { type AgentDeps, agentOf } from "./agent-deps.ts";
import { type AgentRecord, remoteIdOf } from "./agent-record.ts";
import { agentImages } from "./describe-request.ts";
import type { KnownAgent } from "./find-agents.ts";
import type { KnownTraining } from "./know-training.ts";
import { orderAgents } from "./order-agents.ts";

interface Submission extends AgentDeps {
  readonly known: KnownTraining;
  readonly request: TrainingRequest;
  readonly context: BackendContext;
  readonly found: AgentRecord | null;
  /** Saves that count, newest first: the training goes on from the first. */
  readonly saves: readonly CommittedSave[];
}

const CAPACITY_WAIT_MS = 30_000;
/** Older ones are of no use: a training goes on from the newest that is whole. */
const MAX_TRUSTED = 16;

/**
 * Finds an agent that takes the training. Which one is asked is written down first; an agent that was asked before is asked
 * again before any other, because it may be at work: its answer may have been lost. While such an agent cannot be reached,
 * nobody else is asked until its lease has run out, when it has stopped by itself, unless it was seen to have ended or its
 * provider says that the machine is gone. So at most one trainer of a job is paid for, but for the seconds between the end of
 * a lease and the moment at which the agent notices it. A pod that is to end gets back nothing that has ended on it.
 */
export async function submitToAgents(submission: Submission): Promise<AgentRecord> {
  const { found, records, request, context, clock, options } = submission;
  const agents = await submission.agents(found);
  const asked = agentOf(found, agents);
  const takesBack = asked?.pod?.takesWork !== false;
  if (found !== null && asked !== undefined && (takesBack || !(await isOver(found, submission)))) {
    try {
      return await startOn(asked, submission);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (error.code === UNREACHABLE && !(await isOver(found, submission))) {
        const since = found.unreachableSince ?? clock.now().getTime();
        if (clock.now().getTime() - since < options.leaseSeconds * 1_000) {
          if (found.unreachableSince === null) await records.write(context.job, { ...found, unreachableSince: since });
          throw waitFor(error, options);
        }
      } else if (error.code !== UNREACHABLE && error.code !== "capacity") throw error;
    }
  }
  const others = agents.filter((agent) => agent !== asked);
  const order = orderAgents(others, {
    ...{ job: context.job, placement: request.placement, models: submission.known.models },
  });
  const refusals = [...order.refusals];
  for (const agent of order.offered) {
    const refusal = await reasonAgainst(agent, submission);
    if (refusal !== null) refusals.push(refusal);
    else {
      try {
        return await startOn(agent, submission);
      } catch (error) {
        if (!(error instanceof TransientError) || error.code !== "capacity") throw error;
        refusals.push(error.message);
      }
    }
  }
  // A machine of one's own costs nothing more, when it is free again.
  const hasOwn = options.urls.length > 0 || options.dnsName !== undefined;
  const neededMicroUsd = hasOwn ? null : ((await submission.lacks?.(context.job)) ?? null);
  throw noAgent(refusals, { ...submission, wasAsked: asked !== undefined && takesBack, neededMicroUsd });
}

/** Nobody can take it now. With a fleet, the training is demand from here on: the job waits, and spends no attempt on it. */
function noAgent(
  refusals: readonly string[],
  {
    options,
    context,
    known,
    wasAsked,
    neededMicroUsd,
  }: Submission & { readonly wasAsked: boolean; readonly neededMicroUsd: number | null },
): TransientError {
  const because = [...(wasAsked ? ["the agent that had it is busy"] : []), ...refusals];
  const message = options.fleet
    ? ["waits for a machine", ...because].join("; ")
    : `no agent can take the training now: ${because.join("; ") || "none is there"}`;
  // By its trainer the planner knows which machines can do it.
  if (options.fleet) context.onProgress({ waitsFor: "a machine", trainer: known.trainer });
  const details = neededMicroUsd === null ? {} : { neededMicroUsd };
  return new TransientError(message, { code: "capacity", retryAfterMs: CAPACITY_WAIT_MS, details });
}

/** Whether what the agent had of this training has ended, so that it needs no lease to notice. */
async function isOver({ attempts }: AgentRecord, { account, context }: Submission): Promise<boolean> {
  const last = (await account.look(attempts, {}, context.signal)).at(-1);
  return last !== undefined && (last.endedMs !== null || last.isSettled);
}

/** An agent that does not answer may come back: the job waits, and spends no attempt on it. */
export function waitFor(error: TransientError, options: AgentOptions): TransientError {
  const message = `${error.message}; its training is taken for lost after ${options.leaseSeconds} seconds`;
  return new TransientError(message, { code: "preempted", retryAfterMs: options.pollMs, cause: error });
}

async function reasonAgainst({ client, pod }: KnownAgent, { known, context }: Submission): Promise<string | null> {
  const host = new URL(client.url).host;
  try {
    const health = await client.health(context.signal);
    if (!health.trainers.includes(known.trainer)) return `${host} has no ${known.trainer}`;
    // Two at once would both take all of its bill.
    const slots = pod !== null && pod.offer.pricePerHourMicroUsd > 0 ? Math.min(1, health.maxJobs) : health.maxJobs;
    return health.activeJobs >= slots ? `${host} is busy` : null;
  } catch (error) {
    if (error instanceof TransientError) return error.message;
    throw error;
  }
}

async function startOn(agent: KnownAgent, submission: Submission): Promise<AgentRecord> {
  const { request, known, records, context, found, saves, options, account } = submission;
  const { digests, office, trainer, models } = known;
  const { client } = agent;
  const pod = agent.pod?.name ?? null;
  const isSame = found?.agent === client.url && found.pod === pod;
  const before = found?.attempts ?? [];
  const attempts = await account.give(before, { agent: client.url, pod, epoch: context.epoch }, context.signal);
  const trusted = saves.slice(0, MAX_TRUSTED).map(({ prefix }) => prefix);
  const intent: AgentRecord = {
    marker: request.marker,
    request: digests.request,
    trainer,
    models: [...models],
    agent: client.url,
    pod,
    remoteId: isSame ? found.remoteId : null,
    fromEpoch: isSame ? found.fromEpoch : context.epoch,
    trusted: isSame ? found.trusted : trusted,
    toldSamples: found?.toldSamples ?? [],
    unreachableSince: null,
    failureReported: false,
    cancelled: false,
    attempts,
  };
  await records.write(context.job, intent);
  const resume: AgentManifest | null = saves[0]?.manifest ?? null;
  const start: AgentStart = {
    epoch: context.epoch,
    leaseSeconds: options.leaseSeconds,
    marker: request.marker,
    ...digests,
    trainer,
    recipe: request.recipe,
    images: agentImages(request.images),
    regularisationImages: agentImages(request.regularisationImages ?? []),
    models: [...models],
    resume,
    grants: await office.grant(office.firstWants(), context),
  };
  const job = await client.start(start, context.signal).catch(async (error: unknown) => {
    // It has not taken the machine, which another training may have for long.
    const isRefused = error instanceof TransientError && error.code === "capacity";
    if (isRefused) await records.write(context.job, { ...intent, attempts: [...before] });
    throw error;
  });
  const remoteId = remoteIdOf(client.url, job.id);
  // The agent went on with what it had: its earlier checkpoints count. Otherwise only what is made from here on does.
  const isAdopted = intent.remoteId === null ? isSame : intent.remoteId === remoteId;
  const fence = isAdopted ? {} : { fromEpoch: context.epoch, trusted };
  const accepted = account.accept(attempts, { jobId: job.id, epoch: context.epoch });
  return records.write(context.job, { ...intent, ...fence, remoteId, attempts: accepted });
}
