/** Aspect-ratio buckets as kohya's sd-scripts make and choose them, so that a trainer finds what it expects. */
export interface BucketSettings {
  readonly width: number;
  readonly height: number;
  /** Shortest and longest side of a bucket, and the granularity of sides, in pixels. */
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export type Bucket = readonly [width: number, height: number];

export interface BucketChoice {
  readonly bucket: Bucket;
  /** Size the whole picture is resized to before the bucket is cut from its middle. */
  readonly resized: readonly [width: number, height: number];
  readonly crop: readonly [left: number, top: number];
}

/** All buckets whose area is at most that of the resolution, sorted by width, then height. */
export function makeBuckets({ width, height, min, max, step }: BucketSettings): Bucket[] {
  const area = width * height;
  const found = new Map<string, Bucket>();
  const add = (w: number, h: number) => found.set(`${w}x${h}`, [w, h]);
  const square = Math.floor(Math.sqrt(area) / step) * step;
  add(square, square);
  for (let side = min; side <= max; side += step) {
    const other = Math.min(max, Math.floor(Math.floor(area / side) / step) * step);
    if (other < min) continue;
    add(side, other);
    add(other, side);
  }
  return [...found.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/**
 * Bucket of a picture when enlarging is allowed: one of its exact size, else the nearest by (linear) aspect ratio, the
 * first of equals. The picture is scaled to cover it.
 */
export function selectBucket(width: number, height: number, buckets: readonly Bucket[]): BucketChoice {
  const exact = buckets.find(([w, h]) => w === width && h === height);
  if (exact !== undefined) return { bucket: exact, resized: exact, crop: [0, 0] };
  const ratio = width / height;
  let bucket: Bucket | undefined;
  let error = Number.POSITIVE_INFINITY;
  for (const one of buckets) {
    const off = Math.abs(one[0] / one[1] - ratio);
    if (off < error) {
      error = off;
      bucket = one;
    }
  }
  if (bucket === undefined) throw new RangeError("there is no bucket to choose from");
  return coverBucket(width, height, bucket);
}

/** Scales a picture to cover a bucket, or by a given factor, and cuts the bucket from its middle. */
export function coverBucket(width: number, height: number, bucket: Bucket, factor?: number): BucketChoice {
  const scale = factor ?? (width / height > bucket[0] / bucket[1] ? bucket[1] / height : bucket[0] / width);
  return centred(bucket, [Math.floor(width * scale + 0.5), Math.floor(height * scale + 0.5)]);
}

/**
 * Bucket of a picture that is never enlarged: scaled down to the area of the resolution where it is larger, then cut to
 * multiples of the step. Null when a side is shorter than one step.
 */
export function fitBucket(
  width: number,
  height: number,
  settings: Pick<BucketSettings, "width" | "height" | "step">,
): BucketChoice | null {
  const { step } = settings;
  const area = settings.width * settings.height;
  const resized = width * height > area ? shrinkToArea(width, height, area, step) : ([width, height] as const);
  const bucket = [resized[0] - (resized[0] % step), resized[1] - (resized[1] % step)] as const;
  return bucket[0] < step || bucket[1] < step ? null : centred(bucket, resized);
}

/** Of the two roundings to the step (width first, height first) the one that keeps the aspect ratio better. */
function shrinkToArea(width: number, height: number, area: number, step: number): readonly [number, number] {
  const ratio = width / height;
  const wide = Math.sqrt(area * ratio);
  const high = area / wide;
  const roundDown = (value: number) => value - (value % step);
  const byWidth = roundDown(Math.floor(wide + 0.5));
  const heightOfWidth = roundDown(Math.floor(byWidth / ratio + 0.5));
  const byHeight = roundDown(Math.floor(high + 0.5));
  const widthOfHeight = roundDown(Math.floor(byHeight * ratio + 0.5));
  const errorByWidth = Math.abs(byWidth / heightOfWidth - ratio);
  const errorByHeight = Math.abs(widthOfHeight / byHeight - ratio);
  return errorByWidth < errorByHeight
    ? [byWidth, Math.floor(byWidth / ratio + 0.5)]
    : [Math.floor(byHeight * ratio + 0.5), byHeight];
}

function centred(bucket: Bucket, resized: readonly [number, number]): BucketChoice {
  const crop = [Math.floor((resized[0] - bucket[0]) / 2), Math.floor((resized[1] - bucket[1]) / 2)] as const;
  return { bucket, resized, crop };
}
