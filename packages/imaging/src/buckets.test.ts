import { describe, expect, it } from "vitest";
import vectors from "../test/vectors/buckets-kohya.json" with { type: "json" };
import { type Bucket, fitBucket, makeBuckets, selectBucket } from "./buckets.ts";

const settingsOf = (of: { resolution: number[]; min: number; max: number; step: number }) => ({
  width: of.resolution[0] as number,
  height: of.resolution[1] as number,
  min: of.min,
  max: of.max,
  step: of.step,
});

describe("buckets", () => {
  it.each(vectors.make)("are kohya's for resolution $resolution, $min to $max by $step", (vector) => {
    expect(makeBuckets(settingsOf(vector))).toEqual(vector.buckets);
  });

  it.each(vectors.select)("chooses and crops as kohya for $w x $h, no upscale: $no_upscale", (vector) => {
    const settings = settingsOf(vector);
    const choice = vector.no_upscale
      ? fitBucket(vector.w, vector.h, settings)
      : selectBucket(vector.w, vector.h, makeBuckets(settings));
    expect(choice).toEqual({ bucket: vector.bucket, resized: vector.resized, crop: vector.crop_xy });
  });

  it("are refused to pictures with a side below one step when nothing may be enlarged", () => {
    expect(fitBucket(500, 40, { width: 512, height: 512, step: 64 })).toBeNull();
  });

  it("take the first of two that are equally near", () => {
    const buckets: Bucket[] = [
      [64, 128],
      [192, 128],
    ];
    expect(selectBucket(100, 100, buckets).bucket).toEqual([64, 128]);
  });
});
