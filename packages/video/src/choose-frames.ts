import { compareSharpness, type FrameLook, frameDifference, lookAtFrame, looksTheSame } from "@loramill/imaging";
import type { RawFrame } from "./raw-frame.ts";

/** Of each scene (frames from one cut to the next) the sharpest frame. */
export async function* sharpestOfScenes(frames: AsyncIterable<RawFrame>): AsyncGenerator<RawFrame> {
  let best: { readonly frame: RawFrame; readonly look: FrameLook } | null = null;
  for await (const frame of frames) {
    if (frame.cut && best !== null) {
      yield best.frame;
      best = null;
    }
    const look = lookAtFrame(frame.image);
    if (best === null || compareSharpness(look, best.look) > 0) best = { frame, look };
  }
  if (best !== null) yield best.frame;
}

/** Leaves out frames that look like the one that was kept before them. */
export async function* withoutRepeats(frames: AsyncIterable<RawFrame>): AsyncGenerator<RawFrame> {
  let kept: FrameLook | null = null;
  for await (const frame of frames) {
    const look = lookAtFrame(frame.image);
    if (kept !== null && looksTheSame(kept, look)) continue;
    kept = look;
    yield frame;
  }
}

/**
 * How much changed from one frame to the next, 0..1, as ffmpeg counts it: a steady movement is no cut, so that what
 * counts is how much more changed than from the frame before.
 */
export function createSceneScore(): (image: RawFrame["image"]) => number {
  let before: FrameLook | null = null;
  let differenceBefore = 0;
  return (image) => {
    const look = lookAtFrame(image);
    const difference = before === null ? 0 : frameDifference(before, look);
    const score = Math.min(difference, Math.abs(difference - differenceBefore)) / 100;
    before = look;
    differenceBefore = difference;
    return Math.min(1, score);
  };
}
