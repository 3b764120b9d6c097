import {
  type AgentJob,
  type AgentModelFile,
  type BackendContext,
  blobKey,
  type Charge,
  type Clock,
  type ComputeProvider,
  fromErrorRecord,
  type KnownModel,
  type LoraFile,
  PermanentError,
  type Recipe,
  type Stores,
  samplesOfJob,
  stepsOf,
  type TrainerName,
  type TrainingBackend,
  type TrainingRequest,
  type TrainingSample,
  type TrainingStatus,
  TransientError,
  UserError,
  withLoraFiles,
} from "@loramill/contracts";
import { outcomeMetadata, replaceMetadata, tensorsSha256 } from "@loramill/lora";
import { splitLines } from "@loramill/trainers";
import type { fetch as undiciFetch } from "undici";
import { fileName, type StoredModelFile } from "../base-models/find-model-files.ts";
import { estimateOnGpu } from "../estimate-on-gpu.ts";
import { type News, openAgentAccount } from "./agent-account.ts";
import type { Attempt } from "./agent-attempts.ts";
import { chargesOf } from "./agent-charges.ts";
import { COMMITTED, committedSaves, readSavedFile, savedWeights } from "./agent-checkpoints.ts";
import { createAgentClient, UNREACHABLE } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";
import { type GrantOffice, openGrantOffice } from "./agent-grants.ts";
import { type AgentRecord, MAX_TOLD_SAMPLES, openAgentRecords } from "./agent-record.ts";
import { readAllSamples, readSamples } from "./agent-samples.ts";
import { bestSupport, chooseTrainer, trainableFamilies, trainersOf } from "./choose-trainer.ts";
import { type RequestDigests, requestDigests } from "./describe-request.ts";
import { jobIdOf, remoteIdOf, submitToAgents, waitFor } from "./submit-training.ts";

export interface AgentTrainingParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly fetch?: typeof undiciFetch;
  /** The base models that are written down, whose files trainers are given; without them they look by the model's id. */
  readonly models?: () => Promise<readonly KnownModel[]>;
  /** The rented machines and their bills; without them, machines cost `usdPerHour` by the meters of their agents. */
  readonly machines?: ComputeProvider["machines"];
}

/** A signed URL outlives a lease by far, and a day's work never. */
const GRANT_SECONDS = 3_600;
const FINISHED_HERE = "stored";

interface Known {
  readonly digests: RequestDigests;
  readonly office: GrantOffice;
  readonly models: readonly AgentModelFile[];
  readonly trainer: TrainerName;
}

/** What a poll knows of the training that it looks at. */
interface Look {
  readonly record: AgentRecord;
  readonly request: TrainingRequest;
  readonly known: Known;
  readonly context: BackendContext;
}

/**
 * Trains on GPU machines that run a pod-agent. Nothing lives in this process: what was asked of whom stands in the store,
 * agents keep their trainings for as long as somebody asks after them, and what they made lies in the store under a commit
 * marker, from which a training that was lost goes on elsewhere.
 */
export function createAgentTraining(options: AgentOptions, parts: AgentTrainingParts): TrainingBackend {
  const { stores, clock } = parts;
  const clients = options.urls.map((url) => createAgentClient(url, options.token, parts.fetch));
  const records = openAgentRecords(stores.objects);
  const account = openAgentAccount({ machines: parts.machines, clock, usdPerHour: options.usdPerHour });

  async function know(request: TrainingRequest, record: AgentRecord | null): Promise<Known> {
    const { trainer, models } = record ?? (await choose(request));
    const keys = models.flatMap(({ key }) => (key === null ? [] : [key]));
    return {
      digests: requestDigests(request, trainer, models),
      office: openGrantOffice(stores.objects, request, keys, GRANT_SECONDS),
      models,
      trainer,
    };
  }

  async function choose({ recipe }: TrainingRequest): Promise<Pick<Known, "trainer" | "models">> {
    const choice = chooseTrainer(recipe, options.trainers, await parts.models?.());
    const problem = choice?.issues.find(({ severity }) => severity === "error");
    if (choice === null) throw impossible(noTrainer(recipe.family), "family");
    if (problem !== undefined) throw impossible(problem.message, problem.field);
    return { trainer: choice.adapter.name, models: choice.files.map(agentModelFile) };
  }

  const saves = (context: BackendContext, known: Known, fence: AgentRecord | null) =>
    committedSaves(stores.objects, context.job, known.digests.lineage, fence);
  const finished = async (context: BackendContext, known: Known, record: AgentRecord | null) =>
    (await saves(context, known, record)).find(({ manifest }) => manifest.final) ?? null;

  async function submit(request: TrainingRequest, context: BackendContext) {
    const found = await records.find(context.job);
    const mine = found?.marker === request.marker ? found : null;
    const known = await know(request, mine);
    const committed = await saves(context, known, mine);
    if (committed[0]?.manifest.final && mine !== null) {
      // An agent that was given up had put the LoRA into the store after all.
      const remoteId = mine.remoteId ?? FINISHED_HERE;
      await records.write(context.job, { ...mine, request: known.digests.request, remoteId, cancelled: false });
      return { remoteId };
    }
    const asked = { request, context, found: mine, saves: committed };
    const record = await submitToAgents({ options, clients, records, clock, account, ...asked, ...known });
    return { remoteId: record.remoteId ?? FINISHED_HERE };
  }

  async function poll(remoteId: string, request: TrainingRequest, context: BackendContext): Promise<TrainingStatus> {
    const record = await records.find(context.job);
    if (record?.remoteId !== remoteId || record.marker !== request.marker) return { kind: "lost" };
    if (record.cancelled) return { kind: "cancelled", charges: chargesOf(record.attempts, record.trainer, "all") };
    const known = await know(request, record);
    if (record.request !== known.digests.request) {
      return { kind: "lost", charges: chargesOf(record.attempts, record.trainer, "all") };
    }
    const look: Look = { record, request, known, context };
    const client = clients.find(({ url }) => url === record.agent);
    if (client === undefined) return withoutAgent(look);

    const ask = (grants: Awaited<ReturnType<GrantOffice["grant"]>>) =>
      client.poll(
        jobIdOf(remoteId),
        { epoch: context.epoch, leaseSeconds: options.leaseSeconds, logOffset: null, grants },
        context.signal,
      );
    let job: AgentJob | null;
    const uploads: AgentJob["uploads"] = [];
    try {
      job = await ask(await known.office.grant({ reads: [], writes: [] }, context));
      if (job !== null && (job.wants.reads.length > 0 || job.wants.writes.length > 0)) {
        uploads.push(...job.uploads);
        sayLines(job, context);
        job = await ask(await known.office.grant(job.wants, context));
      }
    } catch (error) {
      if (!(error instanceof TransientError) || error.code !== UNREACHABLE) throw error;
      return whileUnreachable(error, look);
    }
    if (job === null) return withoutAgent(look);
    sayLines(job, context);
    uploads.push(...job.uploads);
    return statusOf(job, uploads, look);
  }

  /** Notes what became known of the machines. */
  async function keepAccount(record: AgentRecord, news: News, context: BackendContext): Promise<AgentRecord> {
    return records.write(context.job, {
      ...record,
      attempts: await account.look(record.attempts, news, context.signal),
    });
  }

  /**
   * The agent may come back within its lease. After it, or when the provider says that the machine has ended, the training
   * is lost unless the LoRA lies in the store.
   */
  async function whileUnreachable(error: TransientError, look: Look): Promise<TrainingStatus> {
    const now = clock.now().getTime();
    const unreachableSince = look.record.unreachableSince ?? now;
    const record = await keepAccount({ ...look.record, unreachableSince }, {}, look.context);
    const isGone = record.attempts.at(-1)?.isSettled === true;
    if (!isGone && now - unreachableSince < options.leaseSeconds * 1_000) {
      if ((await finished(look.context, look.known, record)) === null) throw waitFor(error, options);
    }
    return withoutAgent({ ...look, record });
  }

  /** What the store alone tells of a training whose agent knows it no longer. */
  async function withoutAgent({ record, request, known, context }: Look): Promise<TrainingStatus> {
    const { attempts } = await keepAccount(record, { end: "gone" }, context);
    const charges = chargesOf(attempts, record.trainer, "all");
    const end = await finished(context, known, record);
    if (end === null) return { kind: "lost", charges };
    const { step, loss, imagesSeen, paidSeconds, curve } = end.manifest;
    const averageLoss = curve.at(-1)?.averageLoss ?? null;
    const done = { step, totalSteps: stepsOf(request.recipe), loss, averageLoss, stepsPerSecond: null, etaSeconds: 0 };
    const told = { progress: { ...done, imagesSeen, paidSeconds }, checkpoints: [], charges };
    return attempts.some(isOwed)
      ? { kind: "running", ...told, pollMs: options.pollMs }
      : { kind: "succeeded", ...told };
  }

  async function statusOf(job: AgentJob, uploads: AgentJob["uploads"], look: Look): Promise<TrainingStatus> {
    const { state, progress } = job;
    const { toldSamples, samples } = await newSamples(uploads, look);
    const end = endOf(state);
    const news: News = end === null ? { job } : { job, end };
    const record = await keepAccount({ ...look.record, toldSamples, unreachableSince: null }, news, look.context);
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
      if (state === "failed") return failed(job, record, charges, look.context);
    }
    return { kind: "running", progress, checkpoints, samples, charges, pollMs: options.pollMs };
  }

  /** Pictures that were not told yet. An agent names all of its rounds again when it has ended. */
  async function newSamples(
    uploads: AgentJob["uploads"],
    { record, request, known, context }: Look,
  ): Promise<{ toldSamples: string[]; samples: TrainingSample[] }> {
    const folder = samplesOfJob(context.job);
    const rounds = uploads
      .filter(({ kind, prefix }) => kind === "samples" && prefix.startsWith(folder))
      .map(({ prefix }) => prefix.slice(folder.length))
      .filter((round) => !record.toldSamples.includes(round));
    const of = { recipe: request.recipe, lineage: known.digests.lineage };
    const samples: TrainingSample[] = [];
    for (const round of rounds) samples.push(...(await readSamples(`${folder}${round}`, of, stores, context)));
    return { toldSamples: [...record.toldSamples, ...rounds].slice(-MAX_TOLD_SAMPLES), samples };
  }

  /** Told once, for the policy of its code; who comes again after that wants another try. */
  async function failed(
    { error }: AgentJob,
    record: AgentRecord,
    charges: readonly Charge[],
    context: BackendContext,
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

  function noTrainer(family: Recipe["family"]): string {
    const others = trainersOf(family);
    const advice = others.length === 0 ? "" : `; ${others.join(" and ")} can: allow it in AGENT_TRAINERS`;
    return `no trainer of these agents (${options.trainers.join(", ")}) trains ${family}${advice}`;
  }

  const backend: TrainingBackend = {
    name: "agent",
    capabilities: {
      families: trainableFamilies(options.trainers),
      recipe: bestSupport(options.trainers),
      placement: { local: { devices: ["cuda"], optimizations: ["sdpa"] }, cloud: null },
      resume: true,
      cancel: true,
      logs: true,
      needsReachableStore: true,
    },
    limits: { maxJobs: options.maxJobs, timeoutSeconds: options.timeoutSeconds },
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
    version: async () => `agent/2:${options.trainers.join("+")}`,
    async isAvailable(signal) {
      const answers = await Promise.allSettled(clients.map((client) => client.health(signal)));
      const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
      const trainers = [...new Set(found.flatMap((health) => health.trainers))].join(", ");
      const failure = answers.find((answer) => answer.status === "rejected")?.reason as Error | undefined;
      const trouble = failure === undefined ? "" : `; ${failure.message}`;
      const message = `${found.length} of ${clients.length} agents answer, with ${trainers || "no trainer"}${trouble}`;
      return { available: trainers !== "", message };
    },
    validate(recipe, models) {
      const choice = chooseTrainer(recipe, options.trainers, models);
      if (choice !== null) return choice.issues;
      return [{ field: "family", severity: "error", message: noTrainer(recipe.family) }];
    },
    estimate: (recipe, dataset) => estimateOnGpu(recipe, options, dataset),
    /** An agent whose answer was lost is asked whether it has the training. */
    async find(marker, context) {
      const record = await records.find(context.job);
      if (record?.marker !== marker || record.remoteId !== null) return record?.remoteId ?? null;
      const client = clients.find(({ url }) => url === record.agent);
      const job = await client?.find(marker, context.signal);
      if (client === undefined || !job) return null;
      const remoteId = remoteIdOf(client.url, job.id);
      const attempts = account.accept(record.attempts, { jobId: job.id, epoch: context.epoch });
      await records.write(context.job, { ...record, remoteId, attempts });
      return remoteId;
    },
    submit,
    poll,

    async collect(_remoteId, request, context) {
      const record = await records.find(context.job);
      const known = await know(request, record?.marker === request.marker ? record : null);
      const end = await finished(context, known, record);
      if (end === null) {
        throw new PermanentError(`no agent has put the LoRA ${request.name} into the store: poll it first`, {
          code: "not-trained",
        });
      }
      const { step: steps, paidSeconds: computeSeconds, loss: finalLoss, curve, resumedFromSteps } = end.manifest;
      const files: LoraFile[] = [];
      // One after the other: each is in memory as a whole.
      for (const { role, file } of savedWeights(end.manifest)) {
        const plain = await readSavedFile(stores.objects, file, context.signal);
        const outcome = { steps, computeSeconds, finalLoss, tensorsSha256: tensorsSha256(plain), role };
        const whole = replaceMetadata(plain, { ...request.metadata, ...outcomeMetadata(outcome) });
        const media = { mediaType: "application/vnd.safetensors", bytes: whole.length };
        const weights = await stores.blobs.put(whole, { ...media, signal: context.signal });
        files.push({ role, weights, tensorsSha256: outcome.tensorsSha256 });
      }
      const of = { recipe: request.recipe, lineage: known.digests.lineage };
      const samples = await readAllSamples(of, stores, context);
      const outcome = { steps, computeSeconds, finalLoss, curve, resumedFromSteps, samples };
      return { ...withLoraFiles(files), ...outcome, deviations: [] };
    },

    async cancel(remoteId, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return "unknown";
      // First, because an agent that does not answer ends its training when nobody asks after it any more.
      await records.write(context.job, { ...record, cancelled: true });
      const client = clients.find(({ url }) => url === record.agent);
      const job = await client?.cancel(jobIdOf(remoteId), context.epoch, context.signal);
      if (job?.state === "succeeded") {
        await records.write(context.job, record);
        return "already-ended";
      }
      await keepAccount({ ...record, cancelled: true }, job ? { job, end: "lives" } : { end: "gone" }, context);
      return "cancelled";
    },
    close: async () => undefined,
  };
  return backend;
}

/** A machine whose agent says `preempted` is going away; any other that has ended a training lives on. */
function endOf(state: AgentJob["state"]): NonNullable<News["end"]> | null {
  if (state === "preempted") return "gone";
  return state === "succeeded" || state === "failed" || state === "cancelled" ? "lives" : null;
}

/** It has ended, and its provider has not said yet what it cost. */
const isOwed = ({ endedMs, isSettled }: Attempt): boolean => endedMs !== null && !isSettled;

/** A trainer's own words, without the bars that it draws over and over. */
function sayLines({ log }: AgentJob, context: BackendContext): void {
  for (const line of splitLines(log.text)) if (line !== "" && !/\d+%\|/.test(line)) context.onLog(line);
}

/** Read by a grant for its blob. Names that an agent would not take lose what it objects to. */
function agentModelFile({ role, path, sha256, bytes }: StoredModelFile): AgentModelFile {
  const name = fileName(path)
    .replace(/[^\w.-]/g, "_")
    .replace(/^\./, "_")
    .slice(-200);
  return { role, name, bytes, sha256, key: blobKey(sha256), url: null };
}

function impossible(message: string, field: string): UserError {
  return new UserError(message, { code: "impossible-recipe", details: { field } });
}
