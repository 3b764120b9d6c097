import { describe, expect, test } from "vitest";
import { createRandom, normals, shuffled } from "./random.ts";

const many = (count: number, draw: () => number) => Array.from({ length: count }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("random numbers", () => {
  test("are the same again for the same purpose and others for any other purpose", () => {
    const first = many(8, createRandom(1, "step", 2).uniform);
    expect(many(8, createRandom(1, "step", 2).uniform)).toEqual(first);
    for (const purpose of [
      [2, "step", 2],
      [1, "step", 3],
      [1, "steps", 2],
      [1, "step", 2, 0],
      [12, "step"],
    ]) {
      expect(many(8, createRandom(...purpose).uniform)).not.toEqual(first);
    }
  });

  test("do not depend on what other streams drew before", () => {
    const alone = normals(createRandom("b"), 5);
    const [a, b] = [createRandom("a"), createRandom("b")];
    const among = Array.from({ length: 5 }, () => {
      a.uniform();
      a.normal();
      return b.normal();
    });
    expect(Float32Array.from(among)).toEqual(alone);
  });

  test("are uniform in [0, 1)", () => {
    const values = many(100_000, createRandom("uniform").uniform);
    const counts = new Array<number>(10).fill(0);
    for (const value of values) counts[Math.floor(value * 10)] = (counts[Math.floor(value * 10)] ?? 0) + 1;
    // Ten bins of 10,000 ± 5 standard deviations of the binomial.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.09));
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 1000))).toBeLessThan(1);
  });

  test("are normal with mean 0 and deviation 1, without correlation between neighbours or streams", () => {
    const values = [...normals(createRandom("normal", 1), 100_000)];
    const others = [...normals(createRandom("normal", 2), 100_000)];
    expect(Math.abs(mean(values))).toBeLessThan(0.02);
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(0.2);
    expect(Math.abs(mean(values.map((value, index) => value * (values[index + 1] ?? 0))))).toBeLessThan(0.02);
    expect(Math.abs(mean(values.map((value, index) => value * (others[index] ?? 0))))).toBeLessThan(0.02);
  });

  test("first values of neighbouring seeds are spread like one stream", () => {
    const firsts = Array.from({ length: 10_000 }, (_, seed) => createRandom(seed, "noise").uniform());
    expect(Math.abs(mean(firsts) - 0.5)).toBeLessThan(0.015);
    expect(new Set(firsts).size).toBeGreaterThan(9_990);
  });

  test("shuffle keeps every item and reaches every place equally often", () => {
    const random = createRandom("shuffle");
    const firsts = new Map<string, number>();
    for (let round = 0; round < 6000; round += 1) {
      const order = shuffled(random, ["a", "b", "c"]);
      expect([...order].sort()).toEqual(["a", "b", "c"]);
      firsts.set(order.join(""), (firsts.get(order.join("")) ?? 0) + 1);
    }
    expect(firsts.size).toBe(6);
    for (const count of firsts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
