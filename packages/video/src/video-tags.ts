import { rm, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { UserError } from "@loramill/contracts";
import { z } from "zod";
import { INPUT_RULES } from "./probe.ts";
import { outputOf } from "./run-program.ts";
import type { VideoOptions } from "./video-config.ts";

export interface VideoFile {
  /** Its path, and the name that messages call it by. */
  readonly at: string;
  readonly name: string;
}

/** ffmpeg's names of the containers, by the endings of files. */
const CONTAINERS: Readonly<Record<string, string>> = {
  ".mp4": "mp4",
  ".mov": "mov",
  ".webm": "webm",
  ".mkv": "matroska",
};

/**
 * Copies a video with these tags instead of all that it had; picture and sound are copied as they are. A file at `to` is
 * replaced. UserError `bad-option` for an ending that is no container's, `video-damaged`, `ffmpeg-missing`.
 */
export async function writeVideoTags(
  file: VideoFile,
  { to, tags }: { readonly to: string; readonly tags: Readonly<Record<string, string>> },
  { ffmpegPath, totalMs, idleMs }: Pick<VideoOptions, "ffmpegPath" | "totalMs" | "idleMs">,
  signal?: AbortSignal,
): Promise<void> {
  const container = CONTAINERS[extname(to).toLowerCase()];
  if (container === undefined) {
    throw new UserError(`${to} cannot hold a video with tags: end it with ${Object.keys(CONTAINERS).join(", ")}`, {
      code: "bad-option",
    });
  }
  // By file and not as arguments: a graph may be longer than an argument, and prompts are nobody's business in a list of processes.
  const list = `${to}.tags.txt`;
  await writeFile(list, tagFile(tags), { mode: 0o600 });
  try {
    const { code, stderr } = await outputOf(
      ffmpegPath,
      [
        ...["-nostdin", "-v", "error", "-y", ...INPUT_RULES, "-i", `file:${file.at}`],
        ...["-protocol_whitelist", "file", "-f", "ffmetadata", "-i", `file:${list}`],
        ...["-map", "0:v?", "-map", "0:a?", "-c", "copy", "-map_metadata", "1", "-map_chapters", "-1"],
        // Without this, MP4 holds only tags that Apple has a name for.
        ...(container === "mp4" || container === "mov" ? ["-movflags", "use_metadata_tags+faststart"] : []),
        ...["-f", container, `file:${to}`],
      ],
      { totalMs, idleMs: Math.max(totalMs, idleMs), signal },
    );
    if (code !== 0) throw damaged(file, stderr);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  } finally {
    await rm(list, { force: true });
  }
}

const Probe = z.looseObject({
  format: z.looseObject({ tags: z.record(z.string(), z.string()).default({}) }),
});
const PROBE_MS = 60_000;

/** The tags of a video, under names in small letters, as WebM writes all of them large. UserError as above. */
export async function readVideoTags(
  file: VideoFile,
  { ffprobePath }: Pick<VideoOptions, "ffprobePath">,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await outputOf(
    ffprobePath,
    ["-v", "error", ...INPUT_RULES, "-show_entries", "format_tags", "-of", "json", "-i", `file:${file.at}`],
    { totalMs: PROBE_MS, idleMs: PROBE_MS, signal },
  );
  if (code !== 0) throw damaged(file, stderr);
  const { tags } = parseProbe(file, stdout).format;
  return Object.fromEntries(Object.entries(tags).map(([name, text]) => [name.toLowerCase(), text]));
}

function parseProbe(file: VideoFile, stdout: string): z.output<typeof Probe> {
  try {
    return Probe.parse(JSON.parse(stdout));
  } catch (error) {
    throw new UserError(`the tags of ${file.name} are longer than a mebibyte, or damaged`, {
      code: "video-damaged",
      cause: error,
    });
  }
}

/** ffmpeg's form of a list of tags; a backslash stands before what the form gives a meaning. */
function tagFile(tags: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replaceAll("\0", "").replace(/[\\=;#\n\r]/g, "\\$&");
  const lines = Object.entries(tags).map(([name, text]) => `${escaped(name)}=${escaped(text.toWellFormed())}\n`);
  return `;FFMETADATA1\n${lines.join("")}`;
}

function damaged({ name }: VideoFile, stderr: string): UserError {
  const why = (stderr.trim().split("\n").at(-1) ?? "").replace(/^.*file:[^:]*: /, "").slice(0, 200);
  return new UserError(`${name} cannot be copied with tags or read (${why}); export it again as .mp4`, {
    code: "video-damaged",
  });
}
