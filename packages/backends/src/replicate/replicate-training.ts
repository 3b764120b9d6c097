import {
  type BackendContext,
  type Clock,
  PermanentError,
  type Stores,
  type TrainingBackend,
  UserError,
} from "@loramill/contracts";
import { outcomeMetadata, replaceMetadata, tensorsSha256 } from "@loramill/lora";
import { z } from "zod";
import { openRecords } from "../job-records.ts";
import { createEndpoint, type EndpointParts } from "../vision/endpoint.ts";
import { handOverPictures } from "./hand-over-pictures.ts";
import { replicateIssues } from "./replicate-issues.ts";
import { replicateSupport } from "./replicate-support.ts";
import type { ReplicateTrainingOptions } from "./replicate-training-options.ts";
import { trainerInput } from "./trainer-input.ts";
import { linesOf, readTrainingLog } from "./training-log.ts";
import { chargeOf, failureOf, hasEnded, isWorthWaiting, meterOf, progressOf } from "./training-state.ts";
import { openTrainings, type Training } from "./trainings.ts";
import { readWeightsTar } from "./weights-tar.ts";

export interface ReplicateTrainingParts extends EndpointParts {
  readonly stores: Stores;
  readonly clock: Clock;
}

/** What is known of a training: the pictures' address before it is paid for, its id as soon as it is there. */
const Record = z.object({
  marker: z.string(),
  images: z.string(),
  remoteId: z.string().nullable(),
  deviations: z.array(z.object({ code: z.string(), message: z.string() })),
  /** Characters of its log that have been told. */
  told: z.int().min(0),
});
type Record = z.output<typeof Record>;

const CODE_VERSION = 1;
const CALL_TIMEOUT_MS = 60_000;
const WEIGHTS_TIMEOUT_MS = 900_000;
/** Start of a machine, download of the base model, caching. */
const SETUP_SECONDS = 120;
/** One picture of 1024 px through a Flux step on an H100: 1,000 steps took 502 s. */
const SECONDS_PER_MEGAPIXEL = 0.4;

const ADVICE = {
  who: "Replicate",
  key: "check REPLICATE_API_TOKEN",
  payment: "the account has no credit left: add some at Replicate, and resume the run",
  notFound: "check REPLICATE_TRAINER and REPLICATE_DESTINATION",
  address: "check REPLICATE_TRAINER and REPLICATE_API_TOKEN",
  refusal: { what: "the training", code: "training-refused" },
};

/**
 * Trains by a trainer on Replicate. The set of pictures is uploaded and its address noted before the training is paid for;
 * the address comes back in the training's input, by which a turn that lost the answer finds it again. What remains: a
 * training whose answer was lost is paid for twice when the account's list has forgotten its input, which it does after
 * an hour, or when a thousand trainings have been started since.
 */
export function createReplicateTraining(
  options: ReplicateTrainingOptions,
  parts: ReplicateTrainingParts,
): TrainingBackend {
  const { trainer, token, pollMs, usdPerSecond } = options;
  const { stores } = parts;
  const base = options.url.replace(/\/+$/, "");
  const endpoint = createEndpoint({ apiKey: token, connections: 4, timeoutMs: CALL_TIMEOUT_MS, advice: ADVICE }, parts);
  const trainings = openTrainings(endpoint, { base, ...options });
  const records = openRecords(stores.objects, "replicate", Record);
  const prefix = `replicate/${CODE_VERSION}:${trainer}:`;

  const backend: TrainingBackend = {
    name: "replicate",
    capabilities: {
      families: [options.family],
      recipe: replicateSupport,
      placement: { local: null, cloud: { providers: ["replicate"] } },
      resume: false,
      cancel: true,
      logs: true,
      needsReachableStore: false,
    },
    limits: { maxJobs: options.maxJobs, timeoutSeconds: options.timeoutSeconds },
    version: async () => `${prefix}${(await trainings.trainer()).version}`,
    // A trainer's versions stay, and the one that was planned with is asked for.
    serves: (planned) => planned.startsWith(prefix),

    async isAvailable(signal) {
      try {
        const { version } = await trainings.trainer(signal);
        return { available: true, message: `Replicate has ${trainer}, version ${version.slice(0, 8)}` };
      } catch (error) {
        signal?.throwIfAborted();
        return { available: false, message: error instanceof Error ? error.message : String(error) };
      }
    },

    validate: (recipe) => replicateIssues(recipe, options),

    estimate(recipe) {
      const perStep = SECONDS_PER_MEGAPIXEL * recipe.batchSize * (recipe.resolution / 1024) ** 2;
      const seconds = {
        p50: SETUP_SECONDS + recipe.steps * perStep,
        p90: 2 * SETUP_SECONDS + 1.6 * recipe.steps * perStep,
      };
      const cost = (of: number) => Math.ceil(of * usdPerSecond * 1_000_000);
      return { seconds, vramBytes: 0, costMicroUsd: { p50: cost(seconds.p50), p90: cost(seconds.p90) } };
    },

    async find(marker, context) {
      const record = await records.find(context.job);
      if (record?.marker !== marker) return null;
      return record.remoteId ?? (await trainings.findByImages(record.images, context.signal))?.id ?? null;
    },

    async submit(request, context) {
      const problem = backend.validate(request.recipe).find(({ severity }) => severity === "error");
      if (problem !== undefined) {
        throw new UserError(problem.message, { code: "impossible-recipe", details: { field: problem.field } });
      }
      const known = await backend.find(request.marker, context);
      const running = known === null ? null : await trainings.get(known, context.signal);
      if (running !== null && isWorthWaiting(running)) {
        await note(context.job, { remoteId: running.id });
        return { remoteId: running.id };
      }
      const { inputs } = await trainings.trainer(context.signal);
      const images = await handOverPictures(request, context, { stores, trainings, ...options });
      const { input, deviations } = trainerInput(inputs, { ...request, images });
      await trainings.ensureDestination(context.signal);
      const record: Record = { marker: request.marker, images, remoteId: null, deviations: [...deviations], told: 0 };
      await records.write(context.job, record);
      const version = request.backendVersion.slice(prefix.length);
      const { id } = await trainings.create(version, { input, webhook: options.webhookUrl }, context.signal);
      await records.write(context.job, { ...record, remoteId: id });
      return { remoteId: id };
    },

    async poll(remoteId, request, context) {
      const training = await trainings.get(remoteId, context.signal);
      if (training === null) return { kind: "lost" };
      await tellLog(training, context);
      const charges = hasEnded(training) ? [chargeOf(training, options)] : [];
      const { divergedAt } = readTrainingLog(training.logs ?? "", request.recipe.steps);
      const isCancelled = training.status === "canceled" || training.status === "aborted";
      if (isCancelled && divergedAt === null) return { kind: "cancelled", charges };
      if (isCancelled || training.status === "failed")
        return { kind: "failed", error: failureOf(training, request), charges };
      // Every further second of it would be paid for nothing.
      if (divergedAt !== null && !hasEnded(training)) await trainings.cancel(remoteId, context.signal);
      const progress = progressOf(training, request);
      if (training.status === "succeeded") return { kind: "succeeded", progress, checkpoints: [], charges };
      return {
        kind: "running",
        progress,
        meter: meterOf(training, { now: parts.clock.now(), usdPerSecond }),
        pollMs,
        checkpoints: [],
        charges,
      };
    },

    async collect(remoteId, request, context) {
      const training = await trainings.get(remoteId, context.signal);
      const address = training?.output?.weights;
      if (training === null || training.status !== "succeeded" || address === undefined) {
        throw new PermanentError(
          `Replicate's training ${remoteId} has no weights: it is ${training?.status ?? "gone"}`,
          {
            code: "not-trained",
          },
        );
      }
      const plain = await readWeightsTar(fetchWeights(address, context.signal), options.maxWeightsBytes);
      const { curve } = readTrainingLog(training.logs ?? "", request.recipe.steps);
      const outcome = {
        steps: request.recipe.steps,
        computeSeconds: training.metrics?.predict_time ?? 0,
        finalLoss: curve.at(-1)?.averageLoss ?? null,
        tensorsSha256: tensorsSha256(plain),
      };
      const file = replaceMetadata(plain, { ...request.metadata, ...outcomeMetadata(outcome) });
      const weights = await stores.blobs.put(file, { mediaType: "application/vnd.safetensors", bytes: file.length });
      const deviations = (await records.find(context.job))?.deviations ?? [];
      return { weights, ...outcome, curve, resumedFromSteps: [], deviations };
    },

    async cancel(remoteId, context) {
      const training = await trainings.get(remoteId, context.signal);
      if (training === null) return "unknown";
      if (training.status === "canceled" || training.status === "aborted") return "cancelled";
      if (hasEnded(training)) return "already-ended";
      await trainings.cancel(remoteId, context.signal);
      return "cancelled";
    },

    close: endpoint.close,
  };

  async function note(job: string, change: Partial<Record>): Promise<void> {
    const record = await records.find(job);
    if (record !== null) await records.write(job, { ...record, ...change });
  }

  /** The log is whole each time; what has been told is not told again. */
  async function tellLog({ logs }: Training, context: BackendContext): Promise<void> {
    const text = logs ?? "";
    const told = (await records.find(context.job))?.told ?? 0;
    if (text.length <= told) return;
    for (const line of linesOf(text.slice(told))) context.onLog(line);
    await note(context.job, { told: text.length });
  }

  /** The address may be Replicate's own, which wants the token, or a store's, which must not see it. */
  function fetchWeights(url: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return endpoint.download({ url, timeoutMs: WEIGHTS_TIMEOUT_MS, isOwn: url.startsWith(`${base}/`), signal });
  }

  return backend;
}
