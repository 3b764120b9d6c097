import type { ClipFacts, ClipFormat } from "@loramill/contracts";
import { PermanentError } from "@loramill/contracts";
import { outputOf } from "./run-program.ts";
import type { VideoOptions } from "./video-config.ts";

/** x264's and VP9's constant rate factor for a quality of 1 to 100: 100 is next to lossless, 1 hardly to be recognised. */
const crf = (quality: number, worst: number): string => `${Math.round(worst - (quality / 100) * (worst - 4))}`;
const VISUALLY_LOSSLESS = 80;

/** How a format is encoded; odd sides need chroma of full size, as 4:2:0 halves them. */
export function encoderArgs(
  format: ClipFormat,
  { width, height }: Pick<ClipFacts, "width" | "height">,
  quality = VISUALLY_LOSSLESS,
): string[] {
  const pixels = width % 2 === 0 && height % 2 === 0 ? "yuv420p" : "yuv444p";
  switch (format) {
    case "mp4":
      return ["-c:v", "libx264", "-pix_fmt", pixels, "-crf", crf(quality, 51), "-movflags", "+faststart"];
    case "webm":
      return ["-c:v", "libvpx-vp9", "-pix_fmt", pixels, "-crf", crf(quality, 63), "-b:v", "0", "-row-mt", "1"];
    case "webp":
      return ["-c:v", "libwebp_anim", "-quality", `${quality}`, "-loop", "0"];
  }
}

/** Sound as it is where the container takes every usual one, else in the one that it takes; WebP has none. */
export function soundArgs(format: ClipFormat): string[] {
  if (format === "webp") return ["-an"];
  return format === "mp4" ? ["-c:a", "copy"] : ["-c:a", "libopus"];
}

/** Runs ffmpeg to its end. PermanentError `video-not-written` with its last words, and as `startProgram`. */
export async function runFfmpeg(args: readonly string[], video: VideoOptions, signal?: AbortSignal): Promise<void> {
  const limits = { totalMs: video.totalMs, idleMs: video.totalMs, signal };
  const { code, stderr } = await outputOf(video.ffmpegPath, ["-v", "error", "-nostdin", "-y", ...args], limits);
  if (code === 0) return;
  const why = (stderr.trim().split("\n").at(-1) ?? "").slice(0, 200);
  throw new PermanentError(`ffmpeg could not write the clip: ${why}`, { code: "video-not-written" });
}
