import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrateRatios } from "./calibrate.ts";

const prior = { sigma: Math.log(2), spreadWeight: 2, middleWeight: 0.5 };

describe("calibrateRatios", () => {
  it("is the prior where nothing was seen", () => {
    const { p50, p90, observations } = calibrateRatios([], prior);
    expect([p50, observations]).toEqual([1, 0]);
    expect(p90).toBeCloseTo(2 ** 1.2816, 3);
  });

  it("comes closer to the data, and surer, with every job", () => {
    const seen = (count: number) =>
      calibrateRatios(
        Array.from({ length: count }, () => 3),
        prior,
      );
    const factors = [1, 3, 10, 100].map((count) => seen(count));
    expect(factors.map(({ p50 }) => p50)).toEqual(factors.map(({ p50 }) => p50).sort((a, b) => a - b));
    expect(factors.at(-1)?.p50).toBeCloseTo(3, 0);
    const doubts = factors.map(({ p50, p90 }) => p90 / p50);
    expect(doubts).toEqual([...doubts].sort((a, b) => b - a));
    expect(doubts.at(-1)).toBeLessThan(1.4);
  });

  it("holds its p90 for nine of ten jobs of machines it has seen a few jobs of", () => {
    // 2,000 machines whose speed is off by the prior's spread, each with five jobs that scatter by a fifth.
    const normal = normals(7);
    let within = 0;
    for (let machine = 0; machine < 2_000; machine += 1) {
      const speed = normal() * prior.sigma;
      const next = () => Math.exp(speed + 0.2 * normal());
      const { p90 } = calibrateRatios([next(), next(), next(), next(), next()], prior);
      if (next() <= p90) within += 1;
    }
    expect(within / 2_000).toBeGreaterThan(0.87);
  });

  it("takes no notice of numbers that are no ratios, and keeps p50 below p90", () => {
    const ratio = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(ratio, { maxLength: 30 }), (ratios) => {
        const { p50, p90, observations } = calibrateRatios([...ratios, 0, Number.NaN, Number.POSITIVE_INFINITY], prior);
        expect(observations).toBe(ratios.length);
        expect(p90).toBeGreaterThan(p50);
        expect(p50).toBeGreaterThan(0);
      }),
    );
  });
});

/** Normally distributed numbers from a seed, by Box and Muller over a linear congruential generator. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return (state + 0.5) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
