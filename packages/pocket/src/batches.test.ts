import { describe, expect, test } from "vitest";
import { drawDataset, quickSettings } from "../test/fixtures.ts";
import { planBatches } from "./batches.ts";

const settings = { ...quickSettings, batchSize: 4 };

describe("batches", () => {
  test("pass over every picture once per epoch when they divide evenly", () => {
    const images = drawDataset(12);
    const batches = planBatches(images, settings);
    for (const epoch of [0, 1, 2]) {
      const seen = [0, 1, 2].flatMap((part) => batches(epoch * 3 + part));
      expect(new Set(seen)).toEqual(new Set(images));
    }
    expect(batches(0)).not.toEqual(batches(3));
  });

  test("depend on the seed and the step alone, whichever was asked for before", () => {
    const images = drawDataset(10);
    const ordered = planBatches(images, settings);
    const expected = Array.from({ length: 9 }, (_, step) => ordered(step));
    const backwards = planBatches(images, settings);
    for (let step = 8; step >= 0; step -= 1) expect(backwards(step)).toEqual(expected[step]);
    expect(planBatches(images, { ...settings, seed: 8 })(0)).not.toEqual(expected[0]);
  });

  test("are always full and hold one size", () => {
    const images = [...drawDataset(5, 32), ...drawDataset(2, 48, 32), ...drawDataset(1, 40)];
    const batches = planBatches(images, settings);
    const sizes = new Set<string>();
    const seen = new Set<object>();
    for (let step = 0; step < 4; step += 1) {
      const batch = batches(step);
      expect(batch.length).toBe(4);
      expect(new Set(batch.map(({ width, height }) => `${width}x${height}`)).size).toBe(1);
      sizes.add(`${batch[0]?.width}x${batch[0]?.height}`);
      for (const image of batch) seen.add(image);
    }
    expect(sizes).toEqual(new Set(["32x32", "48x32", "40x40"]));
    expect(seen.size).toBe(8);
  });

  test("are refused without pictures", () => {
    expect(() => planBatches([], settings)).toThrow(expect.objectContaining({ code: "no-images" }));
  });
});
