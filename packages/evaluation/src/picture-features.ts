import type { RgbImage } from "@loramill/contracts";
import { convolve, type FeatureMap, poolMeans } from "./convolve.ts";
import { randomWeights } from "./random-weights.ts";

/** Pictures are compared at this size; the caller resizes. */
export const FEATURE_SIDE = 64;

const SEED = 20_260_101;
const FIRST = { size: 5, channels: 24 } as const;
const SECOND = { size: 3, channels: 48 } as const;

const first = randomWeights(SEED, FIRST.channels * FIRST.size ** 2 * 3, FIRST.size ** 2 * 3);
const second = randomWeights(
  SEED + 1,
  SECOND.channels * SECOND.size ** 2 * FIRST.channels,
  SECOND.size ** 2 * FIRST.channels,
);

/**
 * What a picture looks like to a fixed random network of two strided convolutions: colours, textures and where they are.
 * No training, no model file; not comparable with other feature spaces. RangeError unless it is 64×64 RGB.
 */
export function pictureFeatures({ width, height, rgb }: RgbImage): Float32Array {
  if (width !== FEATURE_SIDE || height !== FEATURE_SIDE || rgb.length !== width * height * 3) {
    throw new RangeError(
      `expected ${FEATURE_SIDE}×${FEATURE_SIDE} RGB, got ${width}×${height} with ${rgb.length} bytes`,
    );
  }
  const input: FeatureMap = {
    width,
    height,
    channels: 3,
    values: Float32Array.from(rgb, (value) => value / 127.5 - 1),
  };
  const edges = convolve(input, first, FIRST.size, FIRST.channels);
  const shapes = convolve(edges, second, SECOND.size, SECOND.channels);
  // What is there counts as much as where it is: each group is scaled by the root of its length.
  return concatenate([poolMeans(edges, 1), poolMeans(shapes, 1), poolMeans(shapes, 4)].map(scaled));
}

function scaled(group: Float32Array): Float32Array {
  const scale = 1 / Math.sqrt(group.length);
  return group.map((value) => value * scale);
}

function concatenate(groups: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(groups.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const group of groups) {
    all.set(group, at);
    at += group.length;
  }
  return all;
}

/** Euclidean distance of two feature vectors. */
export function featureDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return Math.sqrt(sum);
}
