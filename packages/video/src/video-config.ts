import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

export interface VideoOptions {
  /** The programs: names that the system finds, or paths. */
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly maxFrames: number;
  /** Longest time ffmpeg may take for one segment, and longest time without a word from it. */
  readonly totalMs: number;
  readonly idleMs: number;
}

export const videoConfig = defineConfig(
  {
    FFMPEG_PATH: z.string().min(1).default("ffmpeg").describe("The ffmpeg that reads videos: a name or a path"),
    FFPROBE_PATH: z.string().min(1).default("ffprobe").describe("The ffprobe that comes with it: a name or a path"),
    VIDEO_MAX_FRAMES: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(20_000)
      .describe("Frames taken from one video; the rest is left out with a reason"),
    VIDEO_TOTAL_SECONDS: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(3000)
      .describe("Longest time one segment of a video may take to read, in seconds"),
    VIDEO_IDLE_SECONDS: z.coerce
      .number()
      .positive()
      .max(3600)
      .default(120)
      .describe("Longest time ffmpeg may take from one frame to the next, in seconds"),
  },
  (env): { readonly video: VideoOptions } => ({
    video: {
      ffmpegPath: env.FFMPEG_PATH,
      ffprobePath: env.FFPROBE_PATH,
      maxFrames: env.VIDEO_MAX_FRAMES,
      totalMs: Math.round(env.VIDEO_TOTAL_SECONDS * 1000),
      idleMs: Math.round(env.VIDEO_IDLE_SECONDS * 1000),
    },
  }),
);
