import { open, readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UserError } from "@loramill/contracts";
import { encodeImage, type ReadLimits, sniffFormat } from "@loramill/imaging";
import { readAnimationFrames } from "./animation-frames.ts";
import { sharpestOfScenes, withoutRepeats } from "./choose-frames.ts";
import { readByFfmpeg } from "./ffmpeg-frames.ts";
import { choiceOf } from "./filters.ts";
import { passThrough, probeVideo } from "./probe.ts";
import type { RawFrame } from "./raw-frame.ts";
import { captionOf, framePath, type Segment, segmentsOf, type VideoSource } from "./segments.ts";
import type { VideoOptions } from "./video-config.ts";

/** A frame as a file of a source. */
export interface FrameFile {
  readonly kind: "file";
  readonly path: string;
  readonly bytes: number;
  readonly sequential: false;
  readonly caption: { readonly text: string; readonly origin: string };
  readonly frame: {
    readonly video: string;
    readonly number: number;
    readonly seconds: number;
    readonly segment: string | null;
  };
  open(): AsyncIterable<Uint8Array>;
}

export interface RefusedPart {
  readonly kind: "refused";
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface ReadVideoOptions {
  readonly video: VideoOptions;
  readonly images: ReadLimits;
  /** Of encoded frames, in all. */
  readonly maxTotalBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Frames that are encoded while the next ones are read. */
const ENCODED_AT_ONCE = 3;
const JPEG_QUALITY = 95;

/**
 * Lists the chosen frames of a video as picture files, with captions, segment by segment. A few frames are in memory,
 * whatever the length. GIF and animated WebP are read by imaging, everything else by ffmpeg. UserError when nothing can
 * be read; where reading breaks off, what came before is listed and the rest refused with the reason.
 */
export async function* readVideo(
  source: VideoSource,
  options: ReadVideoOptions,
): AsyncGenerator<FrameFile | RefusedPart> {
  const name = basename(source.path);
  const segments = segmentsOf(source);
  const openSegment = await openFilm(source, options);
  let frames = 0;
  let bytes = 0;
  for (const segment of segments) {
    let found = 0;
    try {
      for await (const file of encoded(openSegment(segment), { name, segment, source })) {
        if (frames >= options.video.maxFrames || bytes + file.bytes > options.maxTotalBytes) {
          yield overLimit(file.path, options, frames);
          return;
        }
        found += 1;
        frames += 1;
        bytes += file.bytes;
        yield file;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof UserError) || (frames === 0 && segments.length === 1)) throw error;
      yield { kind: "refused", path: segment.name ?? name, code: error.code, message: error.message };
      continue;
    }
    if (found === 0) yield empty(segment, name);
  }
}

type OpenSegment = (segment: Segment) => AsyncIterable<RawFrame>;

async function openFilm(source: VideoSource, { video, images, signal }: ReadVideoOptions): Promise<OpenSegment> {
  const at = resolve(source.path);
  const file = { at, name: basename(at) };
  const choice = choiceOf(source);
  const distinct = source.distinct ?? choice.kind === "scenes";
  const choose = (frames: AsyncIterable<RawFrame>) => {
    const scenes = choice.kind === "scenes" ? sharpestOfScenes(frames) : frames;
    return distinct ? withoutRepeats(scenes) : scenes;
  };
  if (await isAnimation(at, source.path, images)) {
    const bytes = await readFile(at, { signal });
    return (segment) => choose(readAnimationFrames(bytes, segment, choice, images));
  }
  const { width, height } = await probeVideo(file, video, signal);
  const { maxPixels } = images;
  if (width * height > maxPixels) {
    throw new UserError(`the frames of ${file.name} have ${width}x${height} pixels, more than pictures may have`, {
      code: "too-many-pixels",
    });
  }
  const asTheyAre = await passThrough(video, signal);
  return (segment) =>
    choose(readByFfmpeg({ ...file, segment, choice, maxPixels, passThrough: asTheyAre, options: video, signal }));
}

/** Told by the first bytes. UserError for a picture that does not move, and for what is no film at all. */
async function isAnimation(at: string, path: string, limits: ReadLimits): Promise<boolean> {
  const { head, bytes } = await readHead(at, path);
  const sniffed = sniffFormat(head);
  if (sniffed.kind === "known" && /video/.test(sniffed.name)) return false;
  // MPEG streams have no signature worth the name.
  if (sniffed.kind === "unknown" && !sniffed.text && bytes > 0) return false;
  if (sniffed.kind !== "supported" || (sniffed.format !== "gif" && sniffed.format !== "webp")) {
    const what = sniffed.kind === "supported" ? `a ${sniffed.format} picture` : "something else";
    throw new UserError(`${path} is no video but ${what}: give .mp4, .mov, .webm, .gif or an animated .webp`, {
      code: "not-a-video",
    });
  }
  if (bytes <= limits.maxBytes) return true;
  throw new UserError(`${path} has ${bytes} bytes, more than the ${limits.maxBytes} a picture may have`, {
    code: "file-too-large",
  });
}

const HEAD_BYTES = 512;

async function readHead(at: string, path: string): Promise<{ head: Uint8Array; bytes: number }> {
  try {
    const { size } = await stat(at);
    const file = await open(at, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { head: buffer.subarray(0, bytesRead), bytes: size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT") {
      throw new UserError(`the video ${path} does not exist on this machine`, { code: "source-missing", cause: error });
    }
    if (code !== "EACCES" && code !== "EISDIR") throw error;
    throw new UserError(`the video ${path} may not be read, or is a folder`, { code: "unreadable", cause: error });
  }
}

/** Encodes the next frames while one is taken; they come in order. */
async function* encoded(
  frames: AsyncIterable<RawFrame>,
  about: { readonly name: string; readonly segment: Segment; readonly source: VideoSource },
): AsyncGenerator<FrameFile> {
  const underWay: Promise<FrameFile>[] = [];
  try {
    for await (const frame of frames) {
      const file = toFile(frame, about);
      file.catch(() => {});
      underWay.push(file);
      const oldest = underWay.length >= ENCODED_AT_ONCE ? underWay.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
  } catch (error) {
    // What was read before the trouble is good.
    for (const file of underWay.splice(0)) yield await file;
    throw error;
  } finally {
    await Promise.allSettled(underWay);
  }
  for (const file of underWay) yield await file;
}

async function toFile(
  { image, number, seconds }: RawFrame,
  { name, segment, source }: { readonly name: string; readonly segment: Segment; readonly source: VideoSource },
): Promise<FrameFile> {
  const bytes = await encodeImage(image, source.format, { quality: JPEG_QUALITY });
  return {
    kind: "file",
    path: framePath(segment, number, source.format),
    bytes: bytes.length,
    sequential: false,
    caption: captionOf(segment, number),
    frame: { video: name, number, seconds, segment: segment.name },
    async *open() {
      yield bytes;
    },
  };
}

function overLimit(path: string, { video, maxTotalBytes }: ReadVideoOptions, frames: number): RefusedPart {
  const isMany = frames >= video.maxFrames;
  const message = isMany
    ? `the video gives more than ${video.maxFrames} frames (VIDEO_MAX_FRAMES); this and everything behind it was left out`
    : `with it the source passes ${maxTotalBytes} bytes (SOURCE_MAX_TOTAL_BYTES); this and everything behind it was left out`;
  return { kind: "refused", path, code: isMany ? "too-many-frames" : "source-too-large", message };
}

function empty({ name, from, to }: Segment, video: string): RefusedPart {
  const range = `${from} s to ${to === null ? "its end" : `${to} s`}`;
  return { kind: "refused", path: name ?? video, code: "no-frames", message: `no frame lies in ${range} of ${video}` };
}
