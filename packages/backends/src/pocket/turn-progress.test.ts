import { describe, expect, it } from "vitest";
import { trainingProgress } from "./turn-progress.ts";

const at = { step: 10, totalSteps: 30, last: { step: 10, loss: 0.5, averageLoss: 0.6 }, batchSize: 4, paidSeconds: 5 };

describe("trainingProgress", () => {
  it("tells the rate, and how long the rest takes at it", () => {
    expect(trainingProgress(at)).toMatchObject({ stepsPerSecond: 2, etaSeconds: 10, imagesSeen: 40, loss: 0.5 });
  });

  it("knows no rest where no time was measured, unless nothing is left", () => {
    const quick = { ...at, paidSeconds: 0 };
    expect(trainingProgress(quick)).toMatchObject({ stepsPerSecond: null, etaSeconds: null });
    expect(trainingProgress({ ...quick, step: 30 })).toMatchObject({ stepsPerSecond: null, etaSeconds: 0 });
  });
});
