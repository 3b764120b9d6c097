import { type RgbImage, sha256Hex } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { closeness } from "./closeness.ts";
import { convolve, poolMeans } from "./convolve.ts";
import { featureDistance, pictureFeatures } from "./picture-features.ts";
import { randomWeights } from "./random-weights.ts";

type Colour = readonly [number, number, number];

function draw(colourAt: (x: number, y: number) => Colour): RgbImage {
  const rgb = new Uint8Array(64 * 64 * 3);
  for (let y = 0; y < 64; y += 1) for (let x = 0; x < 64; x += 1) rgb.set(colourAt(x, y), (y * 64 + x) * 3);
  return { width: 64, height: 64, rgb };
}

const RED: Colour = [220, 40, 40];
const BLUE: Colour = [40, 60, 220];
const WHITE: Colour = [240, 240, 240];
const disc = (colour: Colour, background: Colour, x0 = 32, y0 = 32, radius = 16) =>
  draw((x, y) => ((x - x0) ** 2 + (y - y0) ** 2 < radius ** 2 ? colour : background));
const stripes = (a: Colour, b: Colour, width: number, isVertical: boolean) =>
  draw((x, y) => (Math.floor((isVertical ? x : y) / width) % 2 === 0 ? a : b));

describe("closeness", () => {
  const dataset = [disc(RED, WHITE), disc(RED, WHITE, 28, 36), disc(RED, WHITE, 36, 30, 14)];
  const base = [disc(BLUE, RED), stripes(BLUE, WHITE, 8, true), draw(() => BLUE)];

  it("is 1 for a LoRA that changes nothing and 0 for one that copies the dataset", () => {
    expect(closeness({ dataset, base, lora: base }).ratio).toBe(1);
    expect(closeness({ dataset, base, lora: dataset }).ratio).toBe(0);
  });

  it("orders LoRAs by how much they have learnt", () => {
    const ratioOf = (lora: RgbImage[]) => closeness({ dataset, base, lora }).ratio;
    const nearly = ratioOf([disc(RED, WHITE, 30, 33, 15), disc(RED, WHITE, 34, 34), disc(RED, WHITE, 32, 30)]);
    const colours = ratioOf([
      stripes(RED, WHITE, 8, true),
      stripes(RED, WHITE, 8, false),
      stripes(RED, WHITE, 16, true),
    ]);
    const wrongWay = ratioOf([
      draw(() => [0, 0, 0]),
      draw(() => [0, 255, 0]),
      stripes([0, 255, 0], [0, 0, 0], 4, true),
    ]);
    expect(nearly).toBeLessThan(0.4);
    expect(colours).toBeGreaterThan(nearly);
    expect(colours).toBeLessThan(1);
    expect(wrongWay).toBeGreaterThan(1);
  });

  it("goes by the nearest picture of the dataset, pair by pair", () => {
    const mixed = [...dataset, draw(() => BLUE)];
    const { pairs, baseDistance } = closeness({ dataset: mixed, base, lora: base });
    expect(pairs[2]).toEqual({ base: 0, lora: 0 });
    expect(baseDistance).toBeCloseTo(((pairs[0]?.base ?? 0) + (pairs[1]?.base ?? 0)) / 3, 10);
  });

  it("refuses lists that cannot be compared", () => {
    expect(() => closeness({ dataset: [], base, lora: base })).toThrow(RangeError);
    expect(() => closeness({ dataset, base, lora: base.slice(1) })).toThrow(RangeError);
    expect(() => pictureFeatures({ width: 32, height: 32, rgb: new Uint8Array(32 * 32 * 3) })).toThrow("64×64");
  });
});

describe("pictureFeatures", () => {
  it("tells colour, texture and place apart", () => {
    const here = pictureFeatures(disc(RED, WHITE, 20, 20, 10));
    const distanceTo = (image: RgbImage) => featureDistance(here, pictureFeatures(image));
    expect(distanceTo(disc(RED, WHITE, 20, 20, 10))).toBe(0);
    expect(distanceTo(disc(RED, WHITE, 44, 44, 10))).toBeGreaterThan(0.01);
    expect(distanceTo(disc(RED, WHITE, 22, 20, 10))).toBeLessThan(distanceTo(disc(RED, WHITE, 44, 44, 10)));
    expect(distanceTo(disc(RED, WHITE, 22, 20, 10))).toBeLessThan(distanceTo(disc(BLUE, WHITE, 20, 20, 10)));
    const fine = pictureFeatures(stripes(RED, WHITE, 2, true));
    expect(featureDistance(fine, pictureFeatures(stripes(RED, WHITE, 2, false)))).toBeGreaterThan(0.05);
  });

  it("gives the same numbers everywhere", () => {
    const weights = randomWeights(1, 100, 10);
    expect(sha256Hex(new Uint8Array(weights.buffer))).toBe(
      "16721d8cc30d8922791b70ee66c3667bda62dc2413c670f3a516e2ad0e6d51c8",
    );
    expect(pictureFeatures(disc(RED, WHITE)).length).toBe(24 + 48 + 16 * 48);
  });
});

describe("convolve", () => {
  it("matches a convolution worked out by hand, edges included", () => {
    const input = { width: 3, height: 3, channels: 1, values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    const sumOfNine = convolve(input, new Float32Array(9).fill(1), 3, 1);
    expect([...sumOfNine.values]).toEqual([1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9]);
    const negative = convolve(input, new Float32Array(9).fill(-1), 3, 1);
    expect([...negative.values]).toEqual([0, 0, 0, 0]);
    expect([...poolMeans(sumOfNine, 1)]).toEqual([(12 + 16 + 24 + 28) / 4]);
    expect([...poolMeans(sumOfNine, 2)]).toEqual([12, 16, 24, 28]);
  });
});
