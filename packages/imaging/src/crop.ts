import { type PrepareSettings, UserError } from "@loramill/contracts";
import { fitBucket, makeBuckets, selectBucket } from "./buckets.ts";
import type { Size, Window } from "./raster.ts";

export type CropSettings = Omit<PrepareSettings, "resolution"> & { readonly resolution: number };

export interface CropPlan {
  /** Size of the prepared picture. */
  readonly target: Size;
  /** Size of the whole picture when it is scaled so that the target can be cut from it. */
  readonly cover: Size;
  /** Where the target lies in the covering picture; null where it depends on the content. */
  readonly offset: readonly [left: number, top: number] | null;
  readonly upscaled: boolean;
}

/** Decides from the size alone what a picture is cut and scaled to. */
export function planCrop(size: Size, settings: CropSettings): CropPlan {
  return settings.crop === "none" ? planBucket(size, settings) : planSquare(size, settings);
}

function planSquare({ width, height }: Size, { resolution, upscale, crop }: CropSettings): CropPlan {
  const short = Math.min(width, height);
  const side = upscale ? resolution : Math.min(resolution, short);
  const scale = side / short;
  const cover = {
    width: Math.max(side, Math.round(width * scale)),
    height: Math.max(side, Math.round(height * scale)),
  };
  const middle = [Math.floor((cover.width - side) / 2), Math.floor((cover.height - side) / 2)] as const;
  return {
    target: { width: side, height: side },
    cover,
    offset: crop === "centre" || cover.width === cover.height ? middle : null,
    upscaled: side > short,
  };
}

function planBucket({ width, height }: Size, { resolution, bucketStep: step, upscale }: CropSettings): CropPlan {
  const area = { width: resolution, height: resolution };
  const min = Math.max(step, Math.floor(Math.max(resolution / 4, Math.min(resolution / 2, 256)) / step) * step);
  const max = Math.max(step, Math.floor((resolution * 2) / step) * step);
  const choice = upscale
    ? selectBucket(width, height, makeBuckets({ ...area, min, max, step }))
    : fitBucket(width, height, { ...area, step });
  if (choice === null) {
    throw new UserError(`the picture is ${width}x${height} pixels, narrower than one bucket step of ${step}`, {
      code: "too-narrow",
      details: { width, height, step },
    });
  }
  const [coverWidth, coverHeight] = choice.resized;
  return {
    target: { width: choice.bucket[0], height: choice.bucket[1] },
    cover: { width: coverWidth, height: coverHeight },
    offset: choice.crop,
    upscaled: coverWidth > width || coverHeight > height,
  };
}

/** The window of a picture of `size` that shows what `offset` and the target show of the covering picture. */
export function windowIn(size: Size, plan: CropPlan, offset: readonly [number, number]): Window {
  const width = Math.min(size.width, Math.max(1, Math.round((plan.target.width / plan.cover.width) * size.width)));
  const height = Math.min(size.height, Math.max(1, Math.round((plan.target.height / plan.cover.height) * size.height)));
  return {
    left: Math.min(size.width - width, Math.round((offset[0] / plan.cover.width) * size.width)),
    top: Math.min(size.height - height, Math.round((offset[1] / plan.cover.height) * size.height)),
    width,
    height,
  };
}
