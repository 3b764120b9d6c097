import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ClipFacts, type ClipTools, toErrorRecord, UserError } from "@loramill/contracts";
import { z } from "zod";
import { INPUT_RULES, passThrough } from "./probe.ts";
import { outputOf } from "./run-program.ts";
import type { VideoOptions } from "./video-config.ts";
import { encoderArgs, runFfmpeg, soundArgs } from "./write-clip.ts";

const FRAME_NAMES = "%09d.png";
const PROBE_MS = 60_000;

const Probed = z.looseObject({
  streams: z.array(
    z.looseObject({
      codec_type: z.string(),
      width: z.int().positive().optional(),
      height: z.int().positive().optional(),
      avg_frame_rate: z.string().optional(),
      r_frame_rate: z.string().optional(),
    }),
  ),
});

const readFrom = (path: string) => [...INPUT_RULES, "-i", `file:${path}`];
const writeTo = (path: string) => `file:${path}`;
const isRate = (rate: string | undefined): rate is string => rate !== undefined && /^[1-9]\d*\/[1-9]\d*$/.test(rate);

/** By ffmpeg from the system. */
export function createClipTools(video: VideoOptions): ClipTools {
  async function look(clip: string, signal?: AbortSignal): Promise<ClipFacts> {
    const entries = "stream=codec_type,width,height,avg_frame_rate,r_frame_rate";
    const args = ["-v", "error", ...INPUT_RULES, "-show_entries", entries, "-of", "json", `file:${clip}`];
    const limits = { totalMs: PROBE_MS, idleMs: PROBE_MS, signal };
    const { code, stdout, stderr } = await outputOf(video.ffprobePath, args, limits);
    const damaged = (why: string): never => {
      const message = `${basename(clip)} cannot be read as a video (${why.slice(0, 200)}); export it again as .mp4`;
      throw new UserError(message, { code: "video-damaged" });
    };
    if (code !== 0) return damaged((stderr.trim().split("\n").at(-1) ?? "").replace(/^.*file:[^:]*: /, ""));
    const { streams } = Probed.parse(JSON.parse(stdout));
    const picture = streams.find(({ codec_type }) => codec_type === "video");
    if (picture?.width === undefined || picture.height === undefined) {
      throw new UserError(`${basename(clip)} holds no moving picture`, { code: "no-video" });
    }
    const rate =
      [picture.avg_frame_rate, picture.r_frame_rate].find(isRate) ?? damaged("it does not say how fast it is");
    const hasSound = streams.some(({ codec_type }) => codec_type === "audio");
    return { width: picture.width, height: picture.height, rate, hasSound };
  }

  /** Writes a clip through filters, with its sound. */
  async function filter(
    filters: string,
    { clip, to, format, signal }: Pick<Parameters<ClipTools["interpolate"]>[0], "clip" | "to" | "format" | "signal">,
  ): Promise<void> {
    const facts = await look(clip, signal);
    const streams = ["-map", "0:v:0", "-map", "0:a?", "-vf", filters];
    const args = [...readFrom(clip), ...streams, ...encoderArgs(format, facts), ...soundArgs(format), writeTo(to)];
    await runFfmpeg(args, video, signal);
  }

  return {
    async isAvailable(signal) {
      const limits = { totalMs: PROBE_MS, idleMs: PROBE_MS, signal };
      try {
        const { stdout } = await outputOf(video.ffmpegPath, ["-hide_banner", "-version"], limits);
        return { available: true, message: stdout.split("\n", 1)[0]?.slice(0, 100) ?? "ffmpeg" };
      } catch (error) {
        return { available: false, message: toErrorRecord(error).message };
      }
    },
    look,
    async split(clip, folder, signal) {
      await mkdir(folder, { recursive: true });
      const keepAll = await passThrough(video, signal);
      const scale = "scale=iw*sar:ih:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24";
      const picture = ["-map", "0:v:0", "-vf", scale, ...keepAll, "-f", "image2"];
      const most = ["-frames:v", `${video.maxFrames + 1}`];
      await runFfmpeg([...readFrom(clip), ...picture, ...most, writeTo(join(folder, FRAME_NAMES))], video, signal);
      const frames = (await readdir(folder)).length;
      if (frames <= video.maxFrames) return frames;
      const message = `${basename(clip)} has more than ${video.maxFrames} frames: cut it into segments, or raise VIDEO_MAX_FRAMES`;
      throw new UserError(message, { code: "too-many-frames" });
    },
    async join({ folder, to, format, facts, quality, soundOf, signal }) {
      const frames = ["-framerate", facts.rate, "-i", writeTo(join(folder, FRAME_NAMES))];
      const sound = soundOf === undefined ? [] : [...readFrom(soundOf), "-map", "0:v:0", "-map", "1:a?"];
      const scale = ["-vf", `scale=${facts.width}:${facts.height}:flags=lanczos+accurate_rnd`];
      const encode = [...encoderArgs(format, facts, quality), ...soundArgs(format)];
      await runFfmpeg([...frames, ...sound, ...scale, ...encode, writeTo(to)], video, signal);
    },
    async smooth({ strength, windowFrames, deflicker, ...request }) {
      const half = (windowFrames - 1) / 2;
      const weights = Array.from({ length: windowFrames }, (_, at) => (at === half ? 1 : strength / 2)).join(" ");
      const filters = [
        ...(deflicker ? [`deflicker=size=${windowFrames}:mode=am`] : []),
        // tmix looks back only: it is given half a window more at the end, and what is early is cut from the beginning.
        `tpad=stop=${half}:stop_mode=clone`,
        `tmix=frames=${windowFrames}:weights='${weights}'`,
        `trim=start_frame=${half}`,
        "setpts=PTS-STARTPTS",
      ];
      await filter(filters.join(","), request);
    },
    async interpolate({ multiplier, ...request }) {
      const { rate } = await look(request.clip, request.signal);
      const [frames = "1", seconds = "1"] = rate.split("/");
      const fps = `${Number(frames) * multiplier}/${seconds}`;
      await filter(`minterpolate=fps=${fps}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1`, request);
    },
  };
}
