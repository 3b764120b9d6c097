import { createInterface } from "node:readline";
import { UserError } from "@loramill/contracts";
import { type Choice, filterGraph } from "./filters.ts";
import { createFrameNames, type NamedFrame } from "./frame-names.ts";
import { INPUT_RULES } from "./probe.ts";
import type { RawFrame } from "./raw-frame.ts";
import { type RunningProgram, startProgram } from "./run-program.ts";
import type { Segment } from "./segments.ts";
import type { VideoOptions } from "./video-config.ts";

export interface FfmpegRequest {
  readonly at: string;
  readonly name: string;
  readonly segment: Segment;
  readonly choice: Choice;
  /** Width times height above which a frame is not taken into memory. */
  readonly maxPixels: number;
  readonly passThrough: readonly string[];
  readonly options: VideoOptions;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The chosen frames of one segment, one in memory at a time: ffmpeg waits until a frame is taken. UserError
 * `video-damaged` where ffmpeg gives up, behind the frames that could be read.
 */
export async function* readByFfmpeg(request: FfmpegRequest): AsyncGenerator<RawFrame> {
  const { options, segment, choice, name, signal } = request;
  const { graph, last } = filterGraph(choice);
  const ffmpeg = startProgram(options.ffmpegPath, argumentsOf(request, graph), {
    totalMs: options.totalMs,
    idleMs: options.idleMs,
    signal,
  });
  const names = listenForNames(ffmpeg, last);
  const bytes = createByteReader(ffmpeg);
  try {
    for (;;) {
      const first = await bytes.read(1);
      if (first === null) break;
      const named = await names.next();
      if (named === null) break;
      if (named.width * named.height > request.maxPixels) throw tooLarge(name, named);
      const rgb = await bytes.read(named.width * named.height * 3, first);
      if (rgb === null) break;
      const cut = choice.kind === "scenes" && (named.number === 0 || named.score > choice.threshold);
      const image = { width: named.width, height: named.height, rgb };
      yield { number: named.number, seconds: round(segment.from + named.seconds), image, cut };
    }
    const code = await ffmpeg.ended;
    if (code !== 0) throw damaged(name, names.trouble);
  } finally {
    ffmpeg.stop();
    await ffmpeg.ended.catch(() => {});
    names.close();
  }
}

function argumentsOf({ at, segment, passThrough }: FfmpegRequest, graph: string): string[] {
  const { from, to } = segment;
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"],
    ...INPUT_RULES,
    ...(from > 0 ? ["-ss", String(from)] : []),
    ...(to === null ? [] : ["-t", String(round(to - from))]),
    ...["-i", `file:${at}`, "-map", "0:v:0", "-an", "-sn", "-dn", "-vf", graph],
    ...passThrough,
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  ];
}

/** The names of kept frames, in order; null when ffmpeg has said its last. */
function listenForNames(ffmpeg: RunningProgram, last: number) {
  const names = createFrameNames(last);
  const waiting: NamedFrame[] = [];
  const lines = createInterface({ input: ffmpeg.stderr, crlfDelay: Infinity });
  let ended = false;
  let wake = () => {};
  lines.on("line", (line) => {
    ffmpeg.alive();
    const frame = names.readLine(line);
    if (frame === null) return;
    waiting.push(frame);
    wake();
  });
  lines.on("close", () => {
    ended = true;
    wake();
  });
  return {
    trouble: names.trouble,
    async next(): Promise<NamedFrame | null> {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.shift() ?? null;
    },
    close: () => lines.close(),
  };
}

/** Reads exact numbers of bytes of a stream that is not read on meanwhile. */
function createByteReader({ stdout, alive }: RunningProgram) {
  let wake = () => {};
  let ended = false;
  // Listens all the time: a program's output that nobody listens to is thrown away when the program ends.
  stdout.on("readable", () => wake());
  for (const event of ["end", "close", "error"]) {
    stdout.on(event, () => {
      ended = true;
      wake();
    });
  }
  async function take(bytes: number): Promise<Buffer | null> {
    for (;;) {
      const chunk = stdout.read(Math.min(bytes, stdout.readableLength || bytes)) as Buffer | null;
      if (chunk !== null) return chunk;
      if (ended) return null;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    /** So many bytes, of which `begun` are there; null where the stream ends before. */
    async read(bytes: number, begun: Uint8Array = new Uint8Array(0)): Promise<Uint8Array | null> {
      const whole = new Uint8Array(bytes);
      whole.set(begun);
      for (let at = begun.length; at < bytes; ) {
        const chunk = await take(bytes - at);
        if (chunk === null) return null;
        alive();
        whole.set(chunk, at);
        at += chunk.length;
      }
      return whole;
    },
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function tooLarge(name: string, { width, height }: NamedFrame): UserError {
  return new UserError(`the frames of ${name} have ${width}x${height} pixels, more than pictures may have`, {
    code: "too-many-pixels",
  });
}

function damaged(name: string, trouble: readonly string[]): UserError {
  const why = trouble.at(-1) ?? "no reason was given";
  return new UserError(`ffmpeg could not read ${name} to its end (${why})`, { code: "video-damaged" });
}
