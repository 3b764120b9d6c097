import {
  type LossPoint,
  PermanentError,
  type PocketTrainingImage,
  type PocketTrainingSettings,
} from "@loramill/contracts";
import { planBatches } from "./batches.ts";
import { drawSamples } from "./draw-samples.ts";
import { stackedFeeds, trainFeeds } from "./feeds.ts";
import { learningRateAt } from "./learning-rate.ts";
import type { ModelDescription } from "./model-files.ts";
import { preservePrior } from "./preservation.ts";
import { createRandom } from "./random.ts";
import { floatsOf, type Graph, scalar } from "./sessions.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { LiveTraining } from "./training-state.ts";

export interface TrainOptions {
  readonly model: ModelDescription;
  readonly graphs: { readonly step: Graph; readonly denoise: Graph };
  readonly tokenize: Tokenizer;
  readonly images: readonly PocketTrainingImage[];
  readonly settings: PocketTrainingSettings;
  readonly live: LiveTraining;
  readonly untilStep: number;
  readonly onStep: (point: LossPoint) => void;
  /** Asked before every step; the training stops there when it answers true. */
  readonly shouldStop: () => Promise<boolean>;
}

/** Weight of the past in the running average of the loss. */
const AVERAGE_DECAY = 0.95;
/** Samples of the base that join a batch, per picture in it. */
const PRESERVED_SHARE = 0.5;

/**
 * Trains `live` in place. Everything random of a step is drawn from (seed, step), so the losses do not depend on where
 * the training was stopped before. PermanentError `diverged` when the loss or the gradient is no longer a number.
 */
export async function train(options: TrainOptions): Promise<void> {
  const { model, graphs, tokenize, images, settings, live } = options;
  const batches = planBatches(images, settings);
  const preserve = preservePrior({ model, graph: graphs.denoise, tokenize });
  const last = Math.min(options.untilStep, settings.steps);

  while (live.step < last && !(await options.shouldStop())) {
    const random = createRandom(settings.seed, "step", live.step);
    const batch = batches(live.step);
    const size = batch[0];
    if (!size) throw new RangeError(`step ${live.step} has no pictures`);
    const drawn = drawSamples(batch, settings, random, { model, tokenize });
    const preserved = await preserve(batch.slice(0, Math.ceil(batch.length * PRESERVED_SHARE)), random);
    const answer = await graphs.step.run({
      ...trainFeeds(model, size, [drawn, preserved]),
      ...stackedFeeds(live.matrices.values()),
      learning_rate: scalar(learningRateAt(live.step, settings)),
      step: scalar(live.step + 1),
      scale: scalar(settings.alpha / settings.rank),
    });
    const loss = floatsOf(answer.loss)[0] ?? Number.NaN;
    const gradient = floatsOf(answer.grad_norm)[0] ?? Number.NaN;
    if (!Number.isFinite(loss) || !Number.isFinite(gradient)) throw diverged(live.step + 1, settings);
    for (const [name, matrix] of live.matrices) {
      live.matrices.set(name, { ...matrix, values: floatsOf(answer[`new.${name}`]) });
    }
    live.step += 1;
    const point = pointAfter(live, loss);
    live.curve.push(point);
    options.onStep(point);
  }
}

/** The average is rounded to what a frozen state keeps, so that resuming changes nothing. */
function pointAfter({ step, curve }: LiveTraining, loss: number): LossPoint {
  const before = curve.at(-1)?.averageLoss ?? loss;
  return { step, loss, averageLoss: Math.fround(before * AVERAGE_DECAY + loss * (1 - AVERAGE_DECAY)) };
}

function diverged(step: number, { learningRate }: PocketTrainingSettings): PermanentError {
  return new PermanentError(
    `the loss of step ${step} is not a number; try a lower learning rate than ${learningRate}`,
    { code: "diverged", details: { step, learningRate } },
  );
}
