import type { RgbImage } from "@loramill/contracts";

/** A frame in memory. */
export interface RawFrame {
  /** Of the segment, from 0. */
  readonly number: number;
  /** From the start of the video. */
  readonly seconds: number;
  readonly image: RgbImage;
  /** Whether a scene begins with it; only where scenes were asked for. */
  readonly cut: boolean;
}
