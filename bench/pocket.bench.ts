import type { PocketTrainingImage, PocketTrainingSettings } from "@loramill/contracts";
import { denoiseFeeds, loraFeeds, openParts, startTraining, train } from "@loramill/pocket/testing";
import { type Bench, compare } from "./harness.ts";

const SIDE = 64;
const BATCH = 8;
/** The pictures of a batch and the samples by which the training preserves what the base knows. */
const SAMPLES = 12;
/** Steps, or forward passes, that are timed together. */
const STEPS = 4;
const settings: PocketTrainingSettings = {
  rank: 8,
  alpha: 8,
  learningRate: 1e-2,
  batchSize: BATCH,
  steps: 1_000,
  warmupSteps: 10,
  scheduler: "linear",
  captionDropout: 0,
  horizontalFlip: true,
  seed: 1,
};

/** A whole training step (drawing the batch, the base's part in it, forward, backward, optimiser) in forward passes of as many samples. */
export const bench: Bench = {
  name: "pocket",
  run: async () => {
    const { model, tokenize, graphs } = await openParts({ threads: 2 });
    const images = Array.from({ length: 16 }, (_, index) => gradient(index));
    const live = startTraining(model, settings);
    const shared = { model, tokenize, graphs, images, settings, live, shouldStop: async () => false };
    const ours = {
      async run() {
        await train({ ...shared, untilStep: live.step + STEPS, onStep: () => {} });
        return STEPS;
      },
    };

    const values = SAMPLES * (SIDE / model.dimensions.patch) ** 2 * model.dimensions.patchValues;
    const inputs = {
      x: Float32Array.from({ length: values }, (_, index) => Math.sin(index)),
      t: new Float32Array(SAMPLES).fill(0.4),
      text: BigInt64Array.from(images.slice(0, SAMPLES).flatMap(({ caption }) => [...tokenize(caption)])),
    };
    const feeds = { ...denoiseFeeds(model, { width: SIDE, height: SIDE }, inputs), ...loraFeeds(model, []) };
    const reference = {
      async run() {
        for (let step = 0; step < STEPS; step += 1) await graphs.denoise.run(feeds);
        return STEPS;
      },
    };

    const {
      ours: stepsPerSecond,
      reference: forwardsPerSecond,
      ratio,
    } = await compare({ ours, reference }, { rounds: 9 });
    await graphs.step.close();
    await graphs.denoise.close();
    return {
      stepVsForward: 1 / ratio,
      samplesPerSecond: stepsPerSecond * BATCH,
      forwardSamplesPerSecond: forwardsPerSecond * SAMPLES,
    };
  },
};

function gradient(seed: number): PocketTrainingImage {
  const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, index) => (index * (seed + 1)) % 256);
  return { width: SIDE, height: SIDE, rgb, caption: `zorbi creature on red background ${seed}` };
}
