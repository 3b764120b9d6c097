import { describe, expect, test } from "vitest";
import { seeded } from "../../test/seeded.ts";
import { calibrationOf } from "./calibration.ts";
import { fitCalibrator, foretold, probabilityOf, uncalibrated } from "./calibrator.ts";

describe("calibration", () => {
  test("is zero for who states what happens, and counts bins by their forecasts", () => {
    const forecasts = [
      ...Array.from({ length: 10 }, (_, at) => ({ probability: 0.2, happened: at < 2 })),
      ...Array.from({ length: 30 }, (_, at) => ({ probability: 0.95, happened: at < 15 })),
    ];
    const { error, brier, curve } = calibrationOf(forecasts);
    expect(error).toBeCloseTo((30 / 40) * 0.45, 9);
    expect(brier).toBeCloseTo((2 * 0.64 + 8 * 0.04 + 15 * 0.0025 + 15 * 0.9025) / 40, 9);
    expect(curve).toMatchObject([
      { from: 0.2, forecasts: 10, observed: 0.2 },
      { from: 0.9, to: 1, forecasts: 30, observed: 0.5 },
    ]);
    expect(calibrationOf([])).toEqual({ forecasts: 0, brier: null, error: null, curve: [] });
    expect(calibrationOf([{ probability: 1, happened: true }])).toMatchObject({ error: 0, brier: 0 });
  });
});

describe("the calibrator", () => {
  const outcomes = (count: number, intercept: number, slope: number) => {
    const random = seeded(21);
    return Array.from({ length: count }, () => {
      const margin = 2 * random() - 1;
      return { margin, liked: random() < probabilityOf({ intercept, slope }, margin), weight: 1 };
    });
  };

  test("stays with what it believed without ratings, and finds the truth with many", () => {
    expect(fitCalibrator([])).toEqual(uncalibrated);
    const { intercept, slope } = fitCalibrator(outcomes(5_000, -0.5, 1.2));
    expect(intercept).toBeCloseTo(-0.5, 1);
    expect(slope).toBeCloseTo(1.2, 0);
  });

  test("foretells each outcome from earlier ones alone", () => {
    const all = outcomes(200, 1, 1.7);
    const changed = all.map((outcome, at) => (at >= 100 ? { ...outcome, liked: !outcome.liked } : outcome));
    const first = (list: typeof all) =>
      foretold(list)
        .slice(0, 101)
        .map(({ probability }) => probability);
    expect(first(changed)).toEqual(first(all));
    expect(calibrationOf(foretold(outcomes(4_000, 1, 1.7))).error).toBeLessThan(0.05);
  });
});
