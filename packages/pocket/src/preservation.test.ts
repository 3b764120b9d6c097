import { describe, expect, test } from "vitest";
import { drawDataset, quickSettings } from "../test/fixtures.ts";
import { relativeError } from "../test/vectors.ts";
import { denoiseFeeds, loraFeeds, stackedFeeds, trainFeeds } from "./feeds.ts";
import { preservePrior } from "./preservation.ts";
import { createRandom } from "./random.ts";
import { floatsOf, scalar } from "./sessions.ts";
import { openParts } from "./testing.ts";
import { startTraining } from "./training-state.ts";

const { model, graphs, tokenize } = await openParts();
const preserve = preservePrior({ model, graph: graphs.denoise, tokenize });
const images = drawDataset(3);
const size = { width: 32, height: 32 };

describe("prior preservation", () => {
  test("asks for what the base predicts from the same noisy picture", async () => {
    const samples = await preserve(images, createRandom("asks"));
    const perSample = samples.clean.length / samples.count;
    const levelAt = (index: number) => samples.t[Math.floor(index / perSample)] ?? 0;
    const z = samples.clean.map((clean, i) => levelAt(i) * clean + (1 - levelAt(i)) * (samples.noise[i] ?? 0));
    const { t, text } = samples;
    const answer = await graphs.denoise.run({
      ...denoiseFeeds(model, size, { x: z, t, text }),
      ...loraFeeds(model, []),
    });
    const velocity = floatsOf(answer.velocity);
    const predicted = z.map((value, i) => value + (velocity[i] ?? 0) * Math.max(1 - levelAt(i), 0.04));
    expect(relativeError(samples.clean, predicted)).toBeLessThan(1e-3);
  });

  test("costs a LoRA nothing that changes nothing", async () => {
    const live = startTraining(model, quickSettings);
    const answer = await graphs.step.run({
      ...trainFeeds(model, size, [await preserve(images, createRandom("costs"))]),
      ...stackedFeeds(live.matrices.values()),
      learning_rate: scalar(0),
      step: scalar(1),
      scale: scalar(1),
    });
    expect(floatsOf(answer.loss)[0]).toBeLessThan(1e-6);
    expect(floatsOf(answer.grad_norm)[0]).toBeLessThan(1e-3);
  });

  test("never names the trigger word, and sometimes says nothing", async () => {
    const trigger = tokenize("zorbi")[0];
    const random = createRandom("captions");
    let silent = 0;
    for (let round = 0; round < 30; round += 1) {
      const { text, count } = await preserve(images, random);
      expect(text.includes(trigger as bigint)).toBe(false);
      for (let sample = 0; sample < count; sample += 1) {
        if (text[sample * model.dimensions.textTokens] === 0n) silent += 1;
      }
    }
    expect(silent).toBeGreaterThan(5);
    expect(silent).toBeLessThan(45);
  });

  test("draws the same for the same random numbers", async () => {
    const one = await preserve(images, createRandom("same"));
    expect(await preserve(images, createRandom("same"))).toEqual(one);
  });
});
