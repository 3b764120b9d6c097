/** What a video model asks of its clips. */
export interface VideoRules {
  /** Frames a second the model was trained at; clips of another rate skip or repeat frames. */
  readonly fps: number;
  /** Frames count in multiples of this plus one, because the VAE folds time. */
  readonly framesStep: number;
  readonly maxFrames: number;
  /** Sides are multiples of this, in pixels. */
  readonly sideStep: number;
}

export const videoRules = {
  wan: { fps: 16, framesStep: 4, maxFrames: 81, sideStep: 16 },
  "wan-2.2-5b": { fps: 24, framesStep: 4, maxFrames: 121, sideStep: 32 },
  hunyuan: { fps: 24, framesStep: 4, maxFrames: 129, sideStep: 16 },
  framepack: { fps: 30, framesStep: 4, maxFrames: 145, sideStep: 16 },
} as const satisfies Record<string, VideoRules>;

/** The largest number of frames that the model takes and the clip has: 4n + 1, cut down, at most the model's longest. */
export function fitFrameCount(frames: number, { framesStep, maxFrames }: VideoRules): number {
  const possible = Math.min(frames, maxFrames);
  return possible < 1 ? 0 : possible - ((possible - 1) % framesStep);
}

/** musubi's ways to take clips of `frames` frames from a longer video. */
export type ClipMode =
  | { readonly mode: "head"; readonly frames: number }
  | { readonly mode: "chunk"; readonly frames: number }
  | { readonly mode: "slide"; readonly frames: number; readonly stride: number }
  | { readonly mode: "uniform"; readonly frames: number; readonly samples: number }
  | { readonly mode: "full" };

/** A run of frames of the resampled video. */
export interface Clip {
  readonly from: number;
  readonly frames: number;
}

/**
 * The clips of a video of `total` frames. Counts that the model does not take are cut down to 4n + 1; a video shorter
 * than a clip gives none, except with `full`.
 */
export function planClips(total: number, clip: ClipMode, rules: VideoRules): Clip[] {
  if (clip.mode === "full") {
    const frames = fitFrameCount(total, rules);
    return frames === 0 ? [] : [{ from: 0, frames }];
  }
  const frames = fitFrameCount(clip.frames, rules);
  if (frames === 0 || total < frames) return [];
  return startsOf(total, frames, clip).map((from) => ({ from, frames }));
}

function startsOf(total: number, frames: number, clip: Exclude<ClipMode, { mode: "full" }>): number[] {
  switch (clip.mode) {
    case "head":
      return [0];
    case "chunk":
      return Array.from({ length: Math.floor(total / frames) }, (_, n) => n * frames);
    case "slide":
      return Array.from({ length: Math.floor((total - frames) / clip.stride) + 1 }, (_, n) => n * clip.stride);
    case "uniform": {
      const last = total - frames;
      const starts = Array.from({ length: clip.samples }, (_, n) =>
        clip.samples === 1 ? 0 : Math.trunc((last * n) / (clip.samples - 1)),
      );
      return [...new Set(starts)];
    }
  }
}

/** Frames of the source, in order, that make a video of the model's rate. `sourceFps` may be a fraction such as 29.97. */
export function resampleFrames(total: number, sourceFps: number, rules: VideoRules): number[] {
  const ratio = sourceFps / rules.fps;
  const count = Math.floor(total / ratio + 1e-9);
  return Array.from({ length: count }, (_, n) => Math.min(total - 1, Math.floor(n * ratio + 1e-9)));
}
