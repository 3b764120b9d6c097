import { type Bucket, type BucketChoice, coverBucket } from "./buckets.ts";

export interface MusubiSettings {
  /** Of the resolution whose area the buckets have, in pixels. */
  readonly width: number;
  readonly height: number;
  /** 16 for Wan, Hunyuan, Flux Kontext, Flux 2, Qwen-Image and Z-Image; 32 for HiDream-O1 and Wan 2.2 5B. */
  readonly step: number;
}

/** Buckets as musubi-tuner makes them for flow models, sorted by width, then height. */
export function makeMusubiBuckets({ width, height, step }: MusubiSettings): Bucket[] {
  const area = width * height;
  const side = Math.floor(Math.sqrt(area));
  const down = (value: number) => value - (value % step);
  const found = new Map<string, Bucket>();
  for (let w = Math.max(step, down(Math.floor(side / 2))); w < side + step; w += step) {
    const h = down(Math.floor(area / w));
    if (h === 0) continue;
    found.set(`${w}x${h}`, [w, h]);
    found.set(`${h}x${w}`, [h, w]);
  }
  return [...found.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/**
 * The bucket nearest by linear aspect ratio, the first of equals; the picture is scaled to cover it. Without upscaling a
 * picture of no more than the area keeps its size, cut to multiples of the step; null when a side is shorter than one.
 */
export function selectMusubiBucket(
  width: number,
  height: number,
  settings: MusubiSettings & { readonly upscale: boolean },
): BucketChoice | null {
  const { step } = settings;
  if (!settings.upscale && width * height <= settings.width * settings.height) {
    const bucket = [width - (width % step), height - (height % step)] as const;
    return bucket[0] === 0 || bucket[1] === 0 ? null : coverBucket(width, height, bucket, 1);
  }
  const off = ([w, h]: Bucket) => Math.abs(w / h - width / height);
  const bucket = makeMusubiBuckets(settings).reduce((best, one) => (off(one) < off(best) ? one : best));
  return coverBucket(width, height, bucket);
}
