import {
  type BackendContext,
  type Charge,
  type Clock,
  type CommittedCheckpoint,
  type Digest,
  digestOf,
  type JsonObject,
  type LossPoint,
  PermanentError,
  type PocketEngine,
  type PocketTrainingSettings,
  type Recipe,
  type RgbImage,
  type Stores,
  type TrainingBackend,
  type TrainingRequest,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { outcomeMetadata, replaceMetadata, tensorsSha256 } from "@loramill/lora";
import { openJobRecords } from "../job-records.ts";
import { type Checkpoint, openCheckpoints } from "./checkpoints.ts";
import { openTurnNotes } from "./open-turn.ts";
import { pocketIssues } from "./pocket-limits.ts";
import { pocketSupport } from "./pocket-support.ts";
import { createImageCache } from "./training-images.ts";
import { throttle, trainingProgress } from "./turn-progress.ts";

export interface PocketTrainingOptions {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
  /** Decodes a prepared picture to a square of `side` pixels. */
  readonly prepareImage: (bytes: Uint8Array, side: number) => Promise<RgbImage>;
  /** How long one poll trains before it commits and answers; default 5. */
  readonly turnSeconds?: number;
}

/** Seconds of one picture in one step on a slow core; for estimates only. */
const SECONDS_PER_PICTURE = 0.02;
const CODE_VERSION = 1;

/**
 * Trains on the embedded engine. Nothing lives in the process: each poll goes on from the newest committed checkpoint in
 * the store, trains for a few seconds and commits the next, so that any worker can do any turn and a lost one costs at
 * most a turn. Going on gives the same losses as never having stopped.
 */
export function createPocketTraining(options: PocketTrainingOptions): TrainingBackend {
  const { engine, stores, clock, turnSeconds = 5 } = options;
  const records = openJobRecords(stores.objects, "training");
  const checkpoints = openCheckpoints(stores.objects);
  const notes = openTurnNotes(stores.objects);
  const images = createImageCache(options);

  const backend: TrainingBackend = {
    name: "pocket",
    capabilities: {
      families: ["pocket"],
      recipe: pocketSupport,
      placement: { local: { devices: ["cpu"], optimizations: [] }, cloud: null },
      resume: true,
      cancel: true,
      logs: true,
      needsReachableStore: false,
    },
    limits: { maxJobs: null, timeoutSeconds: null },
    version: async () => `pocket/${CODE_VERSION}:${engine.model.digest}`,
    isAvailable: async () => ({
      available: true,
      message: `the embedded engine ${engine.model.id} trains on this machine's CPU at ${engine.model.side} px`,
    }),
    validate: (recipe) => pocketIssues(recipe, engine.model),
    estimate(recipe) {
      const seconds =
        2 + recipe.steps * recipe.batchSize * SECONDS_PER_PICTURE * (recipe.resolution / engine.model.side) ** 2;
      return { seconds: { p50: seconds, p90: seconds * 3 }, vramBytes: 0, costMicroUsd: { p50: 0, p90: 0 } };
    },

    async find(marker, context) {
      const record = await records.find(context.job);
      return record?.marker === marker ? record.remoteId : null;
    },

    async submit(request, context) {
      const problem = backend.validate(request.recipe).find(({ severity }) => severity === "error");
      if (problem !== undefined) {
        throw new UserError(problem.message, { code: "impossible-recipe", details: { field: problem.field } });
      }
      const found = await records.find(context.job);
      const remoteId = `pocket-${digestOf(request.marker).slice(0, 24)}`;
      if (found?.remoteId !== remoteId || found.state === "cancelled") {
        await records.write(context.job, { marker: request.marker, remoteId, state: "open" });
      }
      return { remoteId };
    },

    async poll(remoteId, request, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return { kind: "lost" };
      if (record.state === "cancelled") return { kind: "cancelled" };
      const key = requestDigest(request, engine.model.digest);
      const start = await checkpoints.newest(context.job, key);
      const turn = await trainOneTurn(start, key, request, context);
      const { totalSteps, step } = turn.progress;
      if (step < totalSteps) return { kind: "running", pollMs: 1, ...turn };
      if (record.state !== "ended") await records.write(context.job, { ...record, state: "ended" });
      return { kind: "succeeded", ...turn };
    },

    async collect(_remoteId, request, context) {
      const end = await checkpoints.newest(context.job, requestDigest(request, engine.model.digest));
      if (end === null || end.step < request.recipe.steps) {
        throw new PermanentError(`the training of ${request.name} has no checkpoint of its last step: poll it first`, {
          code: "not-trained",
        });
      }
      const plain = await engine.exportLora(end.state, request.metadata);
      const outcome = {
        steps: end.step,
        computeSeconds: end.paidSeconds,
        finalLoss: end.state.curve.at(-1)?.averageLoss ?? null,
        tensorsSha256: tensorsSha256(plain),
      };
      const file = replaceMetadata(plain, { ...request.metadata, ...outcomeMetadata(outcome) });
      const weights = await stores.blobs.put(file, { mediaType: "application/vnd.safetensors", bytes: file.length });
      return {
        weights,
        ...outcome,
        curve: end.state.curve,
        resumedFromSteps: end.resumedFromSteps,
        deviations: [],
      };
    },

    async cancel(remoteId, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return "unknown";
      if (record.state === "ended") return "already-ended";
      await records.write(context.job, { ...record, state: "cancelled" });
      return "cancelled";
    },

    close: async () => images.clear(),
  };

  /** Trains until the turn is over or the training is; commits at every save point and at the end of the turn. */
  async function trainOneTurn(
    start: Checkpoint | null,
    key: Digest,
    request: TrainingRequest,
    context: BackendContext,
  ) {
    const { recipe } = request;
    const committed: CommittedCheckpoint[] = [];
    const charges: Charge[] = [];
    let state = start?.state ?? null;
    let paidSeconds = start?.paidSeconds ?? 0;
    const progress = () =>
      trainingProgress({
        step: state?.step ?? 0,
        totalSteps: recipe.steps,
        last: state?.curve.at(-1),
        batchSize: recipe.batchSize,
        paidSeconds,
      });
    if ((state?.step ?? 0) >= recipe.steps) return { progress: progress(), checkpoints: committed, charges };

    const pictures = await images.load(request, context.signal);
    const settings = settingsOf(request);
    const resumedFromSteps = await notes.begin(context, state?.step ?? 0, start?.resumedFromSteps ?? []);
    const turnEnd = clock.now().getTime() + turnSeconds * 1000;
    const show = throttle(clock, 200, context.onProgress);
    const timeLeft = () => turnEnd - clock.now().getTime();
    do {
      const from = state;
      const done = from?.step ?? 0;
      const began = clock.now().getTime();
      const untilStep = Math.min(recipe.steps, (Math.floor(done / recipe.saveEverySteps) + 1) * recipe.saveEverySteps);
      const next = await engine.train({
        images: pictures,
        settings,
        from,
        untilStep,
        onStep: (point) => {
          const spent = paidSeconds + (clock.now().getTime() - began) / 1000;
          const at = {
            step: point.step,
            totalSteps: recipe.steps,
            last: point,
            batchSize: recipe.batchSize,
            paidSeconds: spent,
          };
          show(progressJson(trainingProgress(at)));
        },
        signal: AbortSignal.any([context.signal, AbortSignal.timeout(Math.max(1, timeLeft()))]),
      });
      if (next.step === done) {
        if (context.signal.aborted) break;
        // A machine so slow that a step outlasts the turn still has to get on.
        state = await engine.train({ images: pictures, settings, from, untilStep: done + 1, signal: context.signal });
        if (state.step === done) break;
      } else state = next;
      // A clock that is set back in the middle must not take back what was paid for.
      const seconds = Math.max(0, clock.now().getTime() - began) / 1000;
      paidSeconds += seconds;
      charges.push(cpuCharge(seconds));
      refuseDiverged(state.curve, done, recipe.learningRate);
      const facts = {
        request: key,
        step: state.step,
        imagesSeen: state.step * recipe.batchSize,
        paidSeconds,
        loss: state.curve.at(-1)?.averageLoss ?? null,
        resumedFromSteps,
      };
      const objectPrefix = await checkpoints.commit(context, facts, state);
      const { step, imagesSeen, loss } = facts;
      committed.push({ step, imagesSeen, paidSeconds, loss, objectPrefix });
      const average = loss === null ? "" : `, average loss ${loss.toFixed(4)}`;
      context.onLog(`step ${step}/${recipe.steps}${average}, ${paidSeconds.toFixed(1)} s: checkpoint committed`);
    } while ((state?.step ?? 0) < recipe.steps && timeLeft() > 0 && !context.signal.aborted);
    await notes.end(context.job);
    return { progress: progress(), checkpoints: committed, charges };
  }

  return backend;
}

/**
 * What is trained: a checkpoint made from anything else is not gone on from. The learning rate is left out, because a
 * training that diverged goes on from its last checkpoint with a lower one.
 */
function requestDigest({ recipe, images }: TrainingRequest, model: Digest): Digest {
  const { learningRate: _rate, saveEverySteps: _saves, ...what } = recipe;
  const pictures = images.map(({ image, caption }) => ({ image: image.sha256, caption }));
  return digestOf({ version: CODE_VERSION, model, recipe: what, pictures });
}

function settingsOf({ recipe }: TrainingRequest): PocketTrainingSettings {
  const { rank, alpha, learningRate, batchSize, steps, warmupSteps, captionDropout, horizontalFlip, seed } = recipe;
  const scheduler = knownScheduler(recipe.scheduler);
  return { rank, alpha, learningRate, batchSize, steps, warmupSteps, scheduler, captionDropout, horizontalFlip, seed };
}

/** `validate` lets no other through. */
function knownScheduler(name: Recipe["scheduler"]): PocketTrainingSettings["scheduler"] {
  if (name === "constant" || name === "linear" || name === "cosine") return name;
  throw new UserError(`pocket has no scheduler ${name}`, { code: "impossible-recipe" });
}

function refuseDiverged(curve: readonly LossPoint[], afterStep: number, learningRate: number): void {
  const bad = curve.find(({ step, loss }) => step > afterStep && !Number.isFinite(loss));
  if (bad === undefined) return;
  const message = `The loss was no longer a number at step ${bad.step}: lower learningRate (now ${learningRate})`;
  throw new TransientError(message, { code: "diverged", details: { step: bad.step, learningRate } });
}

function cpuCharge(seconds: number): Charge {
  return { kind: "training", supplier: "pocket", quantity: seconds, unit: "cpu-second", amountMicroUsd: 0, note: "" };
}

function progressJson(progress: ReturnType<typeof trainingProgress>): JsonObject {
  return { ...progress };
}
