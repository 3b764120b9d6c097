import type { Availability } from "./training-backend.ts";

export interface ClipFacts {
  readonly width: number;
  readonly height: number;
  /** Frames per second as a fraction, such as `30000/1001`: exact, as clips and sound must not drift apart. */
  readonly rate: string;
  readonly hasSound: boolean;
}

export type ClipFormat = "mp4" | "webm" | "webp";

/** Takes clips apart and puts them together. Paths are files and folders of this machine. */
export interface ClipTools {
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** UserError `video-damaged` or `no-video`. */
  look(clip: string, signal?: AbortSignal): Promise<ClipFacts>;
  /** Every frame as `000000001.png` and on, upright and in square pixels; answers how many. */
  split(clip: string, folder: string, signal?: AbortSignal): Promise<number>;
  /** The frames of a folder, named as `split` does, at a size and rate; the sound of `soundOf` as it is, where it has any. */
  join(request: {
    readonly folder: string;
    readonly to: string;
    readonly format: ClipFormat;
    readonly facts: Pick<ClipFacts, "width" | "height" | "rate">;
    /** 1 to 100; left out: visually lossless. */
    readonly quality?: number;
    readonly soundOf?: string;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  /** As many frames, each mixed with its neighbours by `strength` 0..1 over an odd window; brightness evened on request. */
  smooth(request: {
    readonly clip: string;
    readonly to: string;
    readonly format: ClipFormat;
    readonly strength: number;
    readonly windowFrames: number;
    readonly deflicker: boolean;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  /** Frames in between by motion estimation, `multiplier` times as many a second. */
  interpolate(request: {
    readonly clip: string;
    readonly to: string;
    readonly format: ClipFormat;
    readonly multiplier: number;
    readonly signal?: AbortSignal;
  }): Promise<void>;
}
