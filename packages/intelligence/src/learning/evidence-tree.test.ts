import { describe, expect, test } from "vitest";
import { seeded } from "../../test/seeded.ts";
import { drawBeta } from "./draw-beta.ts";
import { EvidenceTree } from "./evidence-tree.ts";

const KINSHIP = [5, 20, 8];
const LEAF = ["anime", "sdxl", "person"];

describe("what a tree believes", () => {
  test("is neutral and rests on nothing before the first rating", () => {
    expect(new EvidenceTree(KINSHIP).believe(LEAF)).toMatchObject({ mean: 0.5, observations: 0 });
  });

  test("goes to what was seen, most where it was seen, and relatives borrow from it", () => {
    const tree = new EvidenceTree(KINSHIP);
    for (let i = 0; i < 40; i += 1) tree.add(LEAF, 1, 0.9);
    for (let i = 0; i < 40; i += 1) tree.add(["other", "sdxl", "person"], 1, 0.3);
    const here = tree.believe(LEAF);
    const subject = tree.believe(["anime", "sdxl", "animal"]);
    const family = tree.believe(["anime", "flux", "person"]);
    const stranger = tree.believe(["unseen", "sdxl", "person"]);
    expect(here.mean).toBeGreaterThan(0.8);
    expect([here.mean, subject.mean, family.mean, stranger.mean]).toEqual(
      [here.mean, subject.mean, family.mean, stranger.mean].sort((a, b) => b - a),
    );
    expect(stranger.mean).toBeGreaterThan(0.5);
    expect(stranger.observations).toBe(0);
    expect(here.observations, "the forty themselves").toBe(40);
    expect(subject.observations, "never more than the kinship of its level").toBeLessThan(8);
    expect(subject.observations).toBeGreaterThan(family.observations);
    expect(here.variance).toBeLessThan(subject.variance);
  });

  test("is the same after something was added and taken away", () => {
    const tree = new EvidenceTree(KINSHIP);
    tree.add(LEAF, 1, 0.75);
    const before = tree.believe(["anime", "sdxl", "animal"]);
    for (const reward of [0, 1, 0.5]) tree.add(["anime", "flux", "place"], 0.7, reward);
    for (const reward of [0, 1, 0.5]) tree.add(["anime", "flux", "place"], -0.7, reward);
    const after = tree.believe(["anime", "sdxl", "animal"]);
    expect(after.mean).toBeCloseTo(before.mean, 10);
    expect(after.observations).toBeCloseTo(before.observations, 10);
  });
});

describe("drawing", () => {
  test("answers the same question alike within a draw, and scatters around the belief, less where more is known", () => {
    const tree = new EvidenceTree(KINSHIP);
    for (let i = 0; i < 60; i += 1) tree.add(LEAF, 1, 0.8);
    const random = seeded(5);
    const draws = Array.from({ length: 2_000 }, () => {
      const drawing = tree.draw(random);
      expect(drawing(LEAF)).toBe(drawing(LEAF));
      return { known: drawing(LEAF), unknown: drawing(["unseen", "sdxl", "person"]) };
    });
    const known = draws.map((draw) => draw.known);
    expect(mean(known)).toBeCloseTo(tree.believe(LEAF).mean, 1);
    expect(deviation(known)).toBeLessThan(deviation(draws.map((draw) => draw.unknown)));
  });

  test("of Beta numbers has their mean and variance, also with parameters below 1", () => {
    for (const [alpha, beta] of [
      [0.4, 0.7],
      [2, 5],
      [40, 10],
    ] as const) {
      const random = seeded(11);
      const draws = Array.from({ length: 20_000 }, () => drawBeta(alpha, beta, random));
      const sum = alpha + beta;
      expect(mean(draws)).toBeCloseTo(alpha / sum, 2);
      expect(deviation(draws)).toBeCloseTo(Math.sqrt((alpha * beta) / (sum ** 2 * (sum + 1))), 2);
    }
  });
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
