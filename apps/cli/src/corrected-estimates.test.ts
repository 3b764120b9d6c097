import type { EstimateCalibration } from "@loramill/contracts";
import type { GpuEstimate } from "@loramill/recipes";
import { expect, test } from "vitest";
import { calibrationLines, correctEstimates } from "./corrected-estimates.ts";

const estimate = (gpu: string, gpuId: string): GpuEstimate => ({
  ...{ gpu, gpuId, gpuVramBytes: 24e9, vramBytes: 10e9, fits: "yes", changes: [] },
  seconds: { p50: 1_000, p90: 2_000 },
  costMicroUsd: { p50: 100_000, p90: 200_000 },
});
const estimates = [estimate("RTX4090", "NVIDIA GeForce RTX 4090"), estimate("L4", "NVIDIA L4")];
const known: EstimateCalibration[] = [
  {
    ...{ family: "sdxl", gpu: "NVIDIA GeForce RTX 4090", trainings: 7 },
    ratio: { p50: 1.5, p90: 1.8 },
    medianError: 0.333,
  },
  { family: "flux", gpu: "NVIDIA L4", trainings: 3, ratio: { p50: 4, p90: 4 }, medianError: 0.75 },
];

test("the GPU on which trainings of the family have ended is corrected by them, and says how far the model was off", () => {
  const corrected = correctEstimates(estimates, "sdxl", known);
  expect(corrected[0]).toMatchObject({
    seconds: { p50: 1_500, p90: 1_800 },
    costMicroUsd: { p50: 150_000, p90: 180_000 },
    calibration: { trainings: 7 },
  });
  expect(corrected[1]).toEqual({ ...estimates[1], calibration: null });
  expect(calibrationLines(corrected, known)).toEqual([
    "RTX4090: calibrated by 7 of your trainings, which took 1.50 (p50) and 1.80 (p90) times what the model says; half of its estimates were off by more than 33 %",
    expect.stringContaining("The others are from the model"),
  ]);
});

test("without trainings, or anybody who knows of them, it is the model's own figure, and says so", () => {
  const corrected = correctEstimates(estimates, "sd15", known);
  expect(corrected.map(({ seconds }) => seconds)).toEqual(estimates.map(({ seconds }) => seconds));
  expect(calibrationLines(corrected, known)).toEqual([expect.stringContaining("fewer than three of your trainings")]);
  expect(calibrationLines(corrected, null)).toEqual([expect.stringContaining("no mill or API answers")]);
});
