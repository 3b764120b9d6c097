import { type Drop, type PreparedImage, sha256Hex } from "@loramill/contracts";
import { preparedPicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { createStatistics } from "./statistics.ts";

function image(name: string, [width, height]: readonly [number, number], over: Partial<PreparedImage> = {}) {
  const picture = preparedPicture(`${name}.png`, over);
  return { ...picture, prepared: { ...picture.prepared, width, height } };
}

const copy = (path: string, keptInstead: string): Drop => ({
  path,
  original: sha256Hex(path),
  code: "duplicate-near",
  message: "looks like it",
  keptInstead,
});

describe("the statistics of a dataset", () => {
  it("count an epoch's steps by size, because a batch holds pictures of one size", () => {
    const statistics = createStatistics();
    for (const name of ["a", "b", "c"]) statistics.add(image(name, [512, 512]));
    statistics.add(image("d", [448, 576], { repeats: 3 }));
    const { buckets, sizes, stepsPerEpoch, shownPerEpoch } = statistics.finish([], []);
    expect(buckets).toEqual({ "512x512": { images: 3, shown: 3 }, "448x576": { images: 1, shown: 3 } });
    expect(sizes).toEqual({ "512x512": 3, "448x576": 1 });
    expect(shownPerEpoch).toBe(6);
    expect(stepsPerEpoch).toEqual({ 1: 6, 2: 4, 4: 2 });
  });

  it("count groups of duplicates, and different files and pictures", () => {
    const statistics = createStatistics();
    const first = image("a", [64, 64]);
    statistics.add(first);
    statistics.add({ ...image("b", [64, 64]), original: first.original });
    const dropped = [copy("c.png", "a.png"), copy("d.png", "a.png"), copy("e.png", "b.png")];
    const { duplicateGroups, unique } = statistics.finish(dropped, []);
    expect(duplicateGroups).toBe(2);
    expect(unique).toEqual({ files: 1, pixels: 2, phashes: 1 });
  });

  it("sum up the sharpness, and say nothing of an empty set", () => {
    const statistics = createStatistics();
    for (let at = 1; at <= 20; at++) {
      const one = image(`${at}`, [64, 64]);
      statistics.add({ ...one, quality: { ...one.quality, sharpness: at / 20 } });
    }
    expect(statistics.finish([], []).sharpness).toEqual({ mean: 0.525, p5: 0.05, median: 0.5, p95: 0.95 });
    expect(createStatistics().finish([], [])).toMatchObject({ kept: 0, stepsPerEpoch: { 1: 0 } });
    expect(createStatistics().finish([], []).sharpness).toBeUndefined();
  });
});
