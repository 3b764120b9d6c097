import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { UserError } from "@loramill/contracts";

export interface ProgramLimits {
  readonly totalMs: number;
  /** Longest time without any output. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningProgram {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code once it ended; UserError when it could not be started or took too long. Never fails unheard. */
  readonly ended: Promise<number>;
  /** Puts off the end that silence brings. */
  alive(): void;
  /** Kills it; safe to call twice. */
  stop(): void;
}

/** Starts a program without a shell and without input; it is killed when it takes too long or the signal says so. */
export function startProgram(path: string, args: readonly string[], limits: ProgramLimits): RunningProgram {
  limits.signal?.throwIfAborted();
  const child = spawn(path, [...args], { stdio: ["ignore", "pipe", "pipe"], shell: false, windowsHide: true });
  let reason: unknown;
  const stop = (why?: unknown) => {
    reason ??= why;
    child.kill("SIGKILL");
    // What it said last and nobody reads would keep it from ending.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const tooLong = (what: string) => () =>
    stop(new UserError(`${path} ${what}; it was ended`, { code: "video-timeout" }));
  const total = setTimeout(tooLong(`took longer than ${limits.totalMs / 1000} s`), limits.totalMs);
  const idle = setTimeout(tooLong(`said nothing for ${limits.idleMs / 1000} s`), limits.idleMs);
  const abort = () => stop(limits.signal?.reason);
  limits.signal?.addEventListener("abort", abort, { once: true });
  const ended = endOf(child, path)
    .then((code) => {
      if (reason !== undefined) throw reason;
      return code;
    })
    .finally(() => {
      clearTimeout(total);
      clearTimeout(idle);
      limits.signal?.removeEventListener("abort", abort);
    });
  ended.catch(() => {});
  return { stdout: child.stdout, stderr: child.stderr, ended, alive: () => void idle.refresh(), stop: () => stop() };
}

function endOf(child: ChildProcess, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" || error.code === "EACCES" ? missing(path, error) : error);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
}

function missing(path: string, cause: unknown): UserError {
  return new UserError(
    `${path} was not found on this machine, and videos are read by it. Install it (Debian, Ubuntu: apt-get install -y --no-install-recommends ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or set FFMPEG_PATH and FFPROBE_PATH. GIF and WebP need no ffmpeg`,
    { code: "ffmpeg-missing", cause },
  );
}

/** All of a small output as text. */
export async function outputOf(path: string, args: readonly string[], limits: ProgramLimits): Promise<ProgramOutput> {
  const program = startProgram(path, args, limits);
  // Both end early where the program is stopped; `ended` says why.
  const [code, stdout, stderr] = await Promise.all([
    program.ended,
    collect(program.stdout).catch(() => ""),
    collect(program.stderr).catch(() => ""),
  ]);
  return { code, stdout, stderr };
}

export interface ProgramOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_TEXT = 1024 * 1024;

/** Reads all, keeps the first mebibyte. */
async function collect(stream: Readable): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < MAX_TEXT) kept.push(chunk);
    bytes += chunk.byteLength;
  }
  return Buffer.concat(kept).subarray(0, MAX_TEXT).toString("utf8");
}
