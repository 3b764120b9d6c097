import type { RgbImage } from "@loramill/contracts";
import { featureDistance, pictureFeatures } from "./picture-features.ts";

export interface ClosenessQuestion {
  readonly dataset: readonly RgbImage[];
  /**
   * Pictures of the base model, or of another LoRA that is compared with, and of the LoRA; those at the same place have the same
   * prompt and seed.
   */
  readonly base: readonly RgbImage[];
  readonly lora: readonly RgbImage[];
}

export interface Closeness {
  /** Mean distance with the LoRA ÷ mean distance without: below 1 the LoRA comes closer to the dataset, 0 is a copy. */
  readonly ratio: number;
  readonly baseDistance: number;
  readonly loraDistance: number;
  /** Per pair, in the given order. */
  readonly pairs: readonly { readonly base: number; readonly lora: number }[];
}

/**
 * How much closer to the dataset a LoRA's pictures are than the base model's with the same prompts and seeds: distances
 * to the nearest picture of the dataset, in the space of `pictureFeatures`. All pictures are 64×64. RangeError when a
 * list is empty or the pairs do not match.
 */
export function closeness({ dataset, base, lora }: ClosenessQuestion): Closeness {
  if (dataset.length === 0) throw new RangeError("the dataset has no picture to compare with");
  if (base.length === 0 || base.length !== lora.length) {
    throw new RangeError(`expected as many pictures with the LoRA (${lora.length}) as without (${base.length})`);
  }
  const known = dataset.map(pictureFeatures);
  const nearest = (image: RgbImage) => {
    const features = pictureFeatures(image);
    return known.reduce((least, other) => Math.min(least, featureDistance(features, other)), Number.POSITIVE_INFINITY);
  };
  const pairs = base.map((image, i) => ({ base: nearest(image), lora: nearest(lora[i] as RgbImage) }));
  const baseDistance = mean(pairs.map((pair) => pair.base));
  const loraDistance = mean(pairs.map((pair) => pair.lora));
  // A base model that already draws the dataset itself cannot be improved upon.
  const ratio = baseDistance === 0 ? (loraDistance === 0 ? 1 : Number.POSITIVE_INFINITY) : loraDistance / baseDistance;
  return { ratio, baseDistance, loraDistance, pairs };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
