import {
  type LossPoint,
  PermanentError,
  type PocketTrainingImage,
  type PocketTrainingSettings,
  UserError,
} from "@loramill/contracts";
import type { Stacked } from "./lora-tensors.ts";
import type { ModelDescription } from "./model-files.ts";
import { positionFeatures, toPatches } from "./pictures.ts";
import { createRandom, normals, type Random, shuffled } from "./random.ts";
import { type Feeds, floats, floatsOf, type Graph, integers, scalar } from "./sessions.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { LiveTraining } from "./training-state.ts";

export interface TrainOptions {
  readonly model: ModelDescription;
  readonly graph: Graph;
  readonly tokenize: Tokenizer;
  readonly images: readonly PocketTrainingImage[];
  readonly settings: PocketTrainingSettings;
  readonly live: LiveTraining;
  readonly untilStep: number;
  readonly onStep: (point: LossPoint) => void;
  /** Asked after every step; the training stops there when it answers true. */
  readonly shouldStop: () => Promise<boolean>;
}

/** Weight of the past in the running average of the loss. */
const AVERAGE_DECAY = 0.95;

/**
 * Trains `live` in place. Everything random of a step is drawn from (seed, step), so the losses do not depend on where
 * the training was stopped before. PermanentError `diverged` when the loss is no longer a number.
 */
export async function train(options: TrainOptions): Promise<void> {
  const { graph, settings, live } = options;
  const groups = groupBySize(options.images);
  const order = batchOrder(
    groups.map((group) => group.length),
    settings,
  );
  while (live.step < Math.min(options.untilStep, settings.steps)) {
    const { group, members } = order(live.step);
    const images = members.map((member) => groups[group]?.[member] as PocketTrainingImage);
    const feeds = batchFeeds(options, images, createRandom(settings.seed, "step", live.step));
    for (const { name, shape, values } of live.matrices.values()) feeds[name] = floats(values, shape);
    feeds.learning_rate = scalar(learningRateAt(live.step, settings));
    feeds.step = scalar(live.step + 1);
    feeds.scale = scalar(settings.alpha / settings.rank);

    const answer = await graph(feeds);
    const loss = floatsOf(answer.loss)[0] ?? Number.NaN;
    if (!Number.isFinite(loss)) {
      throw new PermanentError(
        `the loss of step ${live.step + 1} is not a number; try a lower learning rate than ${settings.learningRate}`,
        {
          code: "diverged",
          details: { step: live.step + 1, learningRate: settings.learningRate },
        },
      );
    }
    for (const [name, matrix] of live.matrices) {
      live.matrices.set(name, { ...matrix, values: floatsOf(answer[`new.${name}`]) } satisfies Stacked);
    }
    live.step += 1;
    const before = live.curve.at(-1)?.averageLoss ?? loss;
    const point = {
      step: live.step,
      loss,
      averageLoss: Math.fround(before * AVERAGE_DECAY + loss * (1 - AVERAGE_DECAY)),
    };
    live.curve.push(point);
    options.onStep(point);
    if (await options.shouldStop()) return;
  }
}

/** Warm-up, then by name: constant; linear: constant to the half, then down to 5 %; cosine: down to 0. */
export function learningRateAt(step: number, settings: PocketTrainingSettings): number {
  const peak = settings.learningRate;
  if (step < settings.warmupSteps) return (peak * (step + 1)) / settings.warmupSteps;
  const share = step / settings.steps;
  if (settings.scheduler === "cosine") return peak * 0.5 * (1 + Math.cos(Math.PI * share));
  if (settings.scheduler === "linear" && share > 0.5) return peak * (1 - 0.95 * (share - 0.5) * 2);
  return peak;
}

/** Pictures of one size can share a batch. Groups in the order of their first picture. */
function groupBySize(images: readonly PocketTrainingImage[]): PocketTrainingImage[][] {
  if (images.length === 0) throw new UserError("there are no pictures to train on", { code: "no-images" });
  const groups = Map.groupBy(images, ({ width, height }) => `${width}x${height}`);
  return [...groups.values()];
}

/**
 * Which pictures a step sees. Every epoch passes over every picture of every group in a new order; a batch that would be
 * partial is filled from the start of its group's order, so that all steps weigh the same.
 */
function batchOrder(sizes: readonly number[], settings: PocketTrainingSettings) {
  const batches = sizes.flatMap((size, group) =>
    Array.from({ length: Math.ceil(size / settings.batchSize) }, (_, part) => ({ group, part })),
  );
  return (step: number): { group: number; members: number[] } => {
    const epoch = Math.floor(step / batches.length);
    const turn = shuffled(createRandom(settings.seed, "batches", epoch), batches.length)[step % batches.length] ?? 0;
    const { group, part } = batches[turn] ?? { group: 0, part: 0 };
    const size = sizes[group] ?? 1;
    const order = shuffled(createRandom(settings.seed, "pictures", epoch, group), size);
    const members = Array.from(
      { length: settings.batchSize },
      (_, index) => order[(part * settings.batchSize + index) % size] ?? 0,
    );
    return { group, members };
  };
}

function batchFeeds(options: TrainOptions, images: readonly PocketTrainingImage[], random: Random): Feeds {
  const { model, settings, tokenize } = options;
  const { patch, patchValues, controlValues, positionValues, textTokens } = model.dimensions;
  const [{ width, height }] = images as [PocketTrainingImage];
  const tokens = (width / patch) * (height / patch);
  const batch = images.length;
  const x1 = new Float32Array(batch * tokens * patchValues);
  const text = new BigInt64Array(batch * textTokens);
  const t = new Float32Array(batch);
  images.forEach((image, index) => {
    const mirrored = random.uniform() < 0.5 && settings.horizontalFlip;
    const silent = random.uniform() < settings.captionDropout;
    x1.set(toPatches(image, patch, mirrored), index * tokens * patchValues);
    text.set(tokenize(silent ? "" : image.caption), index * textTokens);
    t[index] = noiseLevel(model, random);
  });
  const noise = normals(random, x1.length);
  return {
    x1: floats(x1, [batch, tokens, patchValues]),
    noise: floats(noise, [batch, tokens, patchValues]),
    t: floats(t, [batch]),
    text: integers(text, [batch, textTokens]),
    position: floats(positionFeatures(width, height, patch, model.position.frequencies), [tokens, positionValues]),
    control: floats(new Float32Array(batch * tokens * controlValues), [batch, tokens, controlValues]),
    weight: floats(new Float32Array(batch).fill(1), [batch]),
  };
}

/** t in (0, 1), 1 is the clean picture: sigmoid of a normal, and a uniform share. */
function noiseLevel({ diffusion }: ModelDescription, random: Random): number {
  const { logitMean, logitDeviation, uniformShare } = diffusion.trainingNoise;
  const chosen = random.uniform();
  const level = random.normal() * logitDeviation + logitMean;
  return chosen < uniformShare ? random.uniform() : 1 / (1 + Math.exp(-level));
}
