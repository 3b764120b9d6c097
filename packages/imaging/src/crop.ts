import { type PrepareSettings, UserError } from "@loramill/contracts";
import { type BucketChoice, fitBucket, makeBuckets, selectBucket } from "./buckets.ts";
import { selectMusubiBucket } from "./buckets-musubi.ts";
import { novelAiDefaults, selectNovelAiBucket } from "./buckets-novelai.ts";
import type { Size, Window } from "./raster.ts";

export type CropSettings = Omit<PrepareSettings, "resolution" | "buckets" | "focus"> & {
  readonly resolution: number;
  /** Whose aspect-ratio buckets are used where nothing is to be cropped; kohya's if left out. */
  readonly buckets?: "kohya" | "novelai" | "musubi" | undefined;
  /** What a cut by attention must show, such as a face, in pixels of the upright original. */
  readonly focus?: Window | undefined;
};

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

function planBucket(size: Size, settings: CropSettings): CropPlan {
  const { width, height } = size;
  const { bucketStep: step } = settings;
  const choice = chooseBucket(size, settings);
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

function chooseBucket({ width, height }: Size, settings: CropSettings): BucketChoice | null {
  const { resolution, bucketStep: step, upscale, buckets = "kohya" } = settings;
  const area = { width: resolution, height: resolution };
  if (buckets === "musubi") return selectMusubiBucket(width, height, { ...area, step, upscale });
  if (buckets === "novelai") {
    const base = resolution - (resolution % step);
    // NovelAI's own figures are for 512: the area and the sides grow with the resolution.
    const [maxArea, min, max] = [Math.floor(resolution ** 2 * 1.5), Math.floor(base / 2 / step) * step, base * 2];
    return selectNovelAiBucket(width, height, {
      ...novelAiDefaults,
      maxArea,
      min: Math.max(step, min),
      max,
      step,
      base,
    });
  }
  const min = Math.max(step, Math.floor(Math.max(resolution / 4, Math.min(resolution / 2, 256)) / step) * step);
  const max = Math.max(step, Math.floor((resolution * 2) / step) * step);
  return upscale
    ? selectBucket(width, height, makeBuckets({ ...area, min, max, step }))
    : fitBucket(width, height, { ...area, step });
}

/**
 * The offset in the covering picture at which the target shows `focus` (in pixels of a picture of `size`) in its middle,
 * a little above for the sake of the body below a face, as far as there is room.
 */
export function offsetOfFocus(focus: Window, size: Size, { cover, target }: CropPlan): readonly [number, number] {
  const place = (middle: number, room: number) => Math.min(Math.max(0, room), Math.max(0, Math.round(middle)));
  const x = ((focus.left + focus.width / 2) / size.width) * cover.width - target.width / 2;
  const y = ((focus.top + focus.height / 2) / size.height) * cover.height - target.height * FOCUS_HEIGHT;
  return [place(x, cover.width - target.width), place(y, cover.height - target.height)];
}

/** Where the middle of a focus lies in the target, from its top. */
const FOCUS_HEIGHT = 0.42;

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
