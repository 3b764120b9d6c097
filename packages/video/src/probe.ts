import { UserError } from "@loramill/contracts";
import { z } from "zod";
import { outputOf } from "./run-program.ts";
import type { VideoOptions } from "./video-config.ts";

/** What ffmpeg may open: this one file, by the demuxers of films; playlists would lead it to other files. */
export const INPUT_RULES = [
  "-protocol_whitelist",
  "file",
  "-format_whitelist",
  "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg",
] as const;

export interface VideoFacts {
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number | null;
}

const Probe = z.looseObject({
  streams: z.array(z.looseObject({ width: z.int().positive(), height: z.int().positive() })).default([]),
  format: z.looseObject({ duration: z.coerce.number().optional() }).optional(),
});

const PROBE_MS = 60_000;

/** Size and length of a video, from its headers. UserError `video-damaged`, `no-video` or `ffmpeg-missing`. */
export async function probeVideo(
  file: { readonly at: string; readonly name: string },
  { ffprobePath }: VideoOptions,
  signal?: AbortSignal,
): Promise<VideoFacts> {
  const entries = "stream=width,height:format=duration";
  const args = ["-v", "error", ...INPUT_RULES, "-select_streams", "v:0", "-show_entries", entries, "-of", "json"];
  const { code, stdout, stderr } = await outputOf(ffprobePath, [...args, "-i", `file:${file.at}`], {
    totalMs: PROBE_MS,
    idleMs: PROBE_MS,
    signal,
  });
  if (code !== 0) {
    const why = (stderr.trim().split("\n").at(-1) ?? "").replace(/^.*file:[^:]*: /, "").slice(0, 200);
    throw new UserError(`${file.name} cannot be read as a video (${why}); export it again as .mp4`, {
      code: "video-damaged",
    });
  }
  const parsed = Probe.parse(JSON.parse(stdout));
  const [stream] = parsed.streams;
  if (stream === undefined) throw new UserError(`${file.name} holds no moving picture`, { code: "no-video" });
  return { width: stream.width, height: stream.height, durationSeconds: parsed.format?.duration ?? null };
}

/** The option that hands frames over as they are: it got another name in ffmpeg 5.1. */
export async function passThrough({ ffmpegPath }: VideoOptions, signal?: AbortSignal): Promise<readonly string[]> {
  const limits = { totalMs: PROBE_MS, idleMs: PROBE_MS, signal };
  const { stdout } = await outputOf(ffmpegPath, ["-hide_banner", "-version"], limits);
  const [, major = "99", minor = "0"] = /^ffmpeg version n?(\d+)\.(\d+)/m.exec(stdout) ?? [];
  const isOld = Number(major) < 5 || (Number(major) === 5 && Number(minor) < 1);
  return isOld ? ["-vsync", "passthrough"] : ["-fps_mode", "passthrough"];
}
