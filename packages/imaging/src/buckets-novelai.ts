import { type Bucket, type BucketChoice, coverBucket } from "./buckets.ts";

export interface NovelAiSettings {
  /** Largest area of a bucket, in pixels. */
  readonly maxArea: number;
  /** Shortest and longest side of a bucket, and the granularity of sides, in pixels. */
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** A square bucket that is always there, in pixels a side. */
  readonly base: number;
  /** Pictures whose aspect ratio is off by this much or more have no bucket. */
  readonly maxAspectError: number;
}

/** NovelAI's own figures, for Stable Diffusion 1. */
export const novelAiDefaults: NovelAiSettings = {
  maxArea: 768 * 512,
  min: 256,
  max: 1024,
  step: 64,
  base: 512,
  maxAspectError: 4,
};

/** Buckets as NovelAI made them: for each width the largest height that fits, for each height the largest width. */
export function makeNovelAiBuckets({ maxArea, min, max, step, base }: NovelAiSettings = novelAiDefaults): Bucket[] {
  const found = new Map<string, Bucket>([[`${base}x${base}`, [base, base]]]);
  for (let side = min; side <= max && side * min <= maxArea; side += step) {
    const other = Math.min(max, min + Math.floor((maxArea / side - min) / step) * step);
    found.set(`${side}x${other}`, [side, other]);
    found.set(`${other}x${side}`, [other, side]);
  }
  return [...found.values()].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
}

/** The bucket nearest by the logarithm of the aspect ratio, the first of equals; null where even that is too far off. */
export function selectNovelAiBucket(
  width: number,
  height: number,
  settings: NovelAiSettings = novelAiDefaults,
): BucketChoice | null {
  const ratio = width / height;
  const off = ([w, h]: Bucket) => Math.abs(Math.log(w / h) - Math.log(ratio));
  const bucket = makeNovelAiBuckets(settings).reduce((best, one) => (off(one) < off(best) ? one : best));
  if (Math.abs(bucket[0] / bucket[1] - ratio) >= settings.maxAspectError) return null;
  return coverBucket(width, height, bucket);
}
