import type { LossPoint, PocketTrainingImage, PocketTrainingSettings, PocketTrainingState } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { drawDataset, quickSettings } from "../test/fixtures.ts";
import { drawSamples } from "./draw-samples.ts";
import { stackedFeeds, trainFeeds } from "./feeds.ts";
import { createRandom } from "./random.ts";
import { floatsOf, scalar } from "./sessions.ts";
import { openParts } from "./testing.ts";
import { train } from "./train.ts";
import { checkSameLora, freezeTraining, type LiveTraining, startTraining, thawTraining } from "./training-state.ts";

const { model, graphs, tokenize } = await openParts();
const images = drawDataset(5);

interface Turn {
  images?: readonly PocketTrainingImage[];
  settings?: PocketTrainingSettings;
  from?: PocketTrainingState | null;
  untilStep?: number;
  stopAfter?: number;
}
async function turn({ settings = quickSettings, from = null, untilStep = 99, stopAfter = 99, ...more }: Turn = {}) {
  const live = from ? thawTraining(model, from) : startTraining(model, settings);
  const points: LossPoint[] = [];
  const shouldStop = async () => points.length >= stopAfter;
  const onStep = (point: LossPoint) => points.push(point);
  await train({ model, graphs, tokenize, images, settings, live, untilStep, onStep, shouldStop, ...more });
  return { state: freezeTraining(live), points };
}

describe("a training", { timeout: 120_000 }, () => {
  test("that stops and goes on is bitwise the one that never stopped, at whichever step", async () => {
    const whole = await turn();
    expect(whole.state.step).toBe(quickSettings.steps);
    expect(whole.state.curve).toEqual(whole.points);
    for (let step = 0; step < quickSettings.steps; step += 1) {
      const first = await turn({ untilStep: step });
      const rest = await turn({ from: first.state });
      expect(rest.state.state, `stopped at ${step}`).toEqual(whole.state.state);
      expect(rest.state.curve).toEqual(whole.points);
      expect([...first.points, ...rest.points]).toEqual(whole.points);
    }
  });

  test("stops between steps when it is told to", async () => {
    expect((await turn({ stopAfter: 0 })).state.step).toBe(0);
    const stopped = await turn({ stopAfter: 2 });
    expect(stopped.state.step).toBe(2);
    expect((await turn({ from: stopped.state })).state.state).toEqual((await turn()).state.state);
  });

  test("learns its pictures", async () => {
    const settings = { ...quickSettings, steps: 40, rank: 4, alpha: 4, batchSize: 4, captionDropout: 0 };
    const random = createRandom("held out");
    const samples = Array.from({ length: 4 }, () => drawSamples(images, settings, random, { model, tokenize }));
    const lossOf = async (live: LiveTraining) => {
      const scalars = { learning_rate: scalar(0), step: scalar(1), scale: scalar(1) };
      const feeds = {
        ...trainFeeds(model, { width: 32, height: 32 }, samples),
        ...stackedFeeds(live.matrices.values()),
      };
      return floatsOf((await graphs.step.run({ ...feeds, ...scalars })).loss)[0] ?? Number.NaN;
    };
    const before = await lossOf(startTraining(model, settings));
    const { state } = await turn({ settings });
    expect(await lossOf(thawTraining(model, state))).toBeLessThan(0.7 * before);
  });

  test("takes pictures of several sizes, any batch size and every scheduler", async () => {
    const mixed = [...drawDataset(3), ...drawDataset(2, 48, 32), ...drawDataset(1, 32, 40)];
    for (const [batchSize, scheduler] of [
      [1, "cosine"],
      [4, "constant"],
      [5, "linear"],
    ] as const) {
      const settings = { ...quickSettings, batchSize, scheduler, steps: 3 };
      const { state } = await turn({ images: mixed, settings });
      expect(state.curve.every(({ loss, averageLoss }) => Number.isFinite(loss + averageLoss))).toBe(true);
    }
  });

  test("depends on its seed", async () => {
    const [one, other] = [
      await turn({ untilStep: 1 }),
      await turn({ untilStep: 1, settings: { ...quickSettings, seed: 8 } }),
    ];
    expect(one.points).not.toEqual(other.points);
  });

  test("that diverges says so, with the step and the rate", async () => {
    const settings = { ...quickSettings, learningRate: 1e30, warmupSteps: 0 };
    await expect(turn({ settings })).rejects.toEqual(
      expect.objectContaining({ errorClass: "permanent", code: "diverged", details: { step: 2, learningRate: 1e30 } }),
    );
  });

  test("does not go on from another LoRA or from bytes that are no state", async () => {
    const { state } = await turn({ untilStep: 1 });
    const bad = expect.objectContaining({ errorClass: "permanent", code: "bad-training-state" });
    expect(() => checkSameLora(thawTraining(model, state), { ...quickSettings, rank: 3 })).toThrow(bad);
    expect(() => checkSameLora(thawTraining(model, state), { ...quickSettings, learningRate: 1e-3 })).not.toThrow();
    expect(() => thawTraining(model, { ...state, step: 2 })).toThrow(bad);
    expect(() => thawTraining(model, { ...state, state: state.state.slice(0, 99) })).toThrow();
  });
});
