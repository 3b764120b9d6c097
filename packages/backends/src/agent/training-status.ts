import {
  type AgentJob,
  type BackendContext,
  type Charge,
  fromErrorRecord,
  stepsOf,
  type TrainingRequest,
  type TrainingStatus,
} from "@loramill/contracts";
import type { News } from "./agent-account.ts";
import type { Attempt } from "./agent-attempts.ts";
import { chargesOf, meterOf } from "./agent-charges.ts";
import { COMMITTED } from "./agent-checkpoints.ts";
import type { AgentDeps } from "./agent-deps.ts";
import type { AgentRecord } from "./agent-record.ts";
import { newSamples } from "./agent-samples.ts";
import { finalSave, type KnownTraining } from "./know-training.ts";

/** What a poll knows of the training that it looks at. */
export interface Look extends AgentDeps {
  readonly record: AgentRecord;
  readonly request: TrainingRequest;
  readonly known: KnownTraining;
  readonly context: BackendContext;
}

/** Notes what became known of the machines. */
export async function keepAccount(
  record: AgentRecord,
  news: News,
  { records, account, context }: Pick<Look, "records" | "account" | "context">,
): Promise<AgentRecord> {
  return records.write(context.job, {
    ...record,
    attempts: await account.look(record.attempts, news, context.signal),
  });
}

/** What an agent's answer means. `uploads` are those of all its answers to this look. */
export async function statusOf(job: AgentJob, uploads: AgentJob["uploads"], look: Look): Promise<TrainingStatus> {
  const { state, progress } = job;
  const { request, known, stores, context, options } = look;
  const of = { recipe: request.recipe, lineage: known.digests.lineage };
  const { toldSamples, samples } = await newSamples(uploads, look.record.toldSamples, of, stores, context);
  const end = endOf(state);
  const news: News = end === null ? { job } : { job, end };
  const record = await keepAccount({ ...look.record, toldSamples, unreachableSince: null }, news, look);
  const checkpoints = uploads
    .filter(({ kind }) => kind === "checkpoint")
    .map(({ step, imagesSeen, paidSeconds, loss, prefix }) => ({
      step,
      imagesSeen,
      paidSeconds,
      loss,
      objectPrefix: prefix,
    }));
  const charges = chargesOf(record.attempts, record.trainer, end === null ? "some" : "all");
  if (state === "cancelled") return { kind: "cancelled", charges };
  if (state === "preempted") return { kind: "lost", charges };
  // What it cost is to be known before it ends here: nobody asks after it later.
  if (!record.attempts.some(isOwed)) {
    if (state === "succeeded") return { kind: "succeeded", progress, checkpoints, samples, charges };
    if (state === "failed") return failed(job, charges, { ...look, record });
  }
  const meter = meterOf(record.attempts, options.leaseSeconds);
  const running = {
    ...({ kind: "running", progress, checkpoints, samples, charges, pollMs: options.pollMs } as const),
    ...(job.savedStep === undefined ? {} : { savedStep: job.savedStep }),
  };
  return meter === null ? running : { ...running, meter };
}

/** What the store alone tells of a training whose agent knows it no longer. */
export async function withoutAgent(look: Look): Promise<TrainingStatus> {
  const { record, request, known, context, options } = look;
  const { attempts } = await keepAccount(record, { end: "gone" }, look);
  const charges = chargesOf(attempts, record.trainer, "all");
  const end = await finalSave(known, record, context, look);
  if (end === null) return { kind: "lost", charges };
  const { step, loss, imagesSeen, paidSeconds, curve } = end.manifest;
  const averageLoss = curve.at(-1)?.averageLoss ?? null;
  const done = { step, totalSteps: stepsOf(request.recipe), loss, averageLoss, stepsPerSecond: null, etaSeconds: 0 };
  const told = { progress: { ...done, imagesSeen, paidSeconds }, checkpoints: [], charges };
  if (!attempts.some(isOwed)) return { kind: "succeeded", ...told };
  return { kind: "running", ...told, isSettling: true, pollMs: options.pollMs };
}

/** Told once, for the policy of its code; who comes again after that wants another try. */
async function failed(
  { error }: AgentJob,
  charges: readonly Charge[],
  { record, records, stores, context }: Look,
): Promise<TrainingStatus> {
  if (record.failureReported || error === null) return { kind: "lost", charges };
  await records.write(context.job, { ...record, failureReported: true });
  // Broken bytes are passed over by taking their marker away: the next try goes on from the save before.
  const [resumedFrom] = record.trusted;
  if (error.code === "checkpoint-corrupt" && resumedFrom !== undefined) {
    await stores.objects.delete(`${resumedFrom}${COMMITTED}`);
    return { kind: "lost", charges };
  }
  return { kind: "failed", error: fromErrorRecord(error), charges };
}

/** A machine whose agent says `preempted` is going away; any other that has ended a training lives on. */
function endOf(state: AgentJob["state"]): NonNullable<News["end"]> | null {
  if (state === "preempted") return "gone";
  return state === "succeeded" || state === "failed" || state === "cancelled" ? "lives" : null;
}

/** It has ended, and its provider has not said yet what it cost. */
const isOwed = ({ endedMs, isSettled }: Attempt): boolean => endedMs !== null && !isSettled;
