import { neutralRecipe, type PastTraining, type PlanLock, type Recipe } from "@loramill/contracts";
import { expect, test } from "vitest";
import { calibrationsOf, correctQuotes, notesOnEstimates } from "./corrected-estimates.ts";

const recipe: Recipe = {
  ...neutralRecipe,
  family: "pocket",
  baseModel: "pocket",
  rank: 8,
  alpha: 8,
  learningRate: 0.01,
  batchSize: 8,
  steps: 200,
  resolution: 64,
  scheduler: "linear",
  saveEverySteps: 50,
  seed: 1,
};
const lock = { steps: [{ kind: "train", params: { backend: "pocket", recipe } }] } as unknown as PlanLock;
const backend = {
  name: "pocket",
  estimate: () => ({ seconds: { p50: 40, p90: 80 }, vramBytes: 0, costMicroUsd: { p50: 0, p90: 0 } }),
};
const context = { trainingBackends: [backend] } as unknown as Parameters<typeof correctQuotes>[0];
const past: PastTraining[] = [50, 60, 70].map((takenSeconds) => ({
  backend: "pocket",
  family: "pocket",
  gpu: null,
  estimatedSeconds: 100,
  takenSeconds,
}));

test("a quote is corrected by what earlier trainings took, and says how far the model was off", () => {
  const [corrected] = correctQuotes(context, past).trainingBackends;
  expect(corrected?.estimate(recipe, { images: 8 }).seconds).toEqual({ p50: 24, p90: 28 });
  expect(notesOnEstimates(lock, context, past)).toEqual([
    "train: corrected by 3 pocket trainings of pocket, which took 0.60 times what the model says; half of its estimates were off by more than 67 %",
  ]);
});

test("without enough of them it is the model's own figure, and says so", () => {
  const [corrected] = correctQuotes(context, past.slice(1)).trainingBackends;
  expect(corrected?.estimate(recipe, { images: 8 }).seconds).toEqual({ p50: 40, p90: 80 });
  expect(notesOnEstimates(lock, context, [])[0]).toContain("too few pocket trainings of pocket have ended");
});

test("the model's error is told for each family and GPU type, with one's own machines under the type they were said to be", () => {
  const flux = { backend: "agent", family: "flux", gpu: null, estimatedSeconds: 100 } as const;
  const rented = { ...flux, gpu: "NVIDIA GeForce RTX 4090", takenSeconds: 200 } as const;
  const own = [120, 150].map((takenSeconds) => ({ ...flux, takenSeconds }));
  const backends = [{ name: "pocket" }, { name: "agent", gpu: "RTX4090" }];
  expect(calibrationsOf([...past, rented, ...own], backends)).toEqual([
    {
      ...{ family: "flux", gpu: "NVIDIA GeForce RTX 4090", trainings: 3 },
      ratio: { p50: 1.5, p90: 2 },
      medianError: expect.closeTo(1 / 3),
    },
  ]);
  expect(calibrationsOf([rented, ...own], [{ name: "agent" }])).toEqual([]);
});
