import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { TrainerCommand } from "@loramill/trainers";
import { z } from "zod";
import { orNull, readText } from "./files.ts";
import { groupLives, processIdentity } from "./process-identity.ts";

/** A trainer that was started: enough to find it again after the agent was killed. */
export const StartedProcess = z.object({ pid: z.int(), identity: z.string(), startedMs: z.number() });
export type StartedProcess = z.output<typeof StartedProcess>;

export interface TrainerFiles {
  /** Everything the trainer prints, from both of its streams. */
  readonly log: string;
  /** Its exit status, written by the shell around it, for an agent that was not there when it ended. */
  readonly exit: string;
}

/** Runs the arguments after it and keeps their status; arguments reach it as they are, never as shell text. */
const KEEP_STATUS =
  '"$@"; code=$?; printf %s "$code" > "$LORAMILL_EXIT.tmp" && mv "$LORAMILL_EXIT.tmp" "$LORAMILL_EXIT"';

/**
 * Starts a trainer in a process group of its own. It writes into a file and not into a pipe of this process, so that it
 * outlives the agent and its words are not lost.
 */
export async function startTrainer(
  command: TrainerCommand,
  files: TrainerFiles,
  environment: Readonly<Record<string, string>>,
): Promise<StartedProcess> {
  const log = await open(files.log, "a");
  try {
    const child = spawn("sh", ["-c", KEEP_STATUS, "trainer", command.command, ...command.args], {
      cwd: command.cwd,
      env: { ...environment, ...command.env, LORAMILL_EXIT: files.exit },
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const pid = child.pid ?? 0;
    // A trainer that has ended already has no identity; its status is in the file.
    return { pid, identity: (await processIdentity(pid)) ?? "ended", startedMs: Date.now() };
  } finally {
    await log.close();
  }
}

export async function isAlive({ pid, identity }: StartedProcess): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/** Null while it runs, and when it was killed together with the shell around it. */
export async function exitStatus(files: TrainerFiles): Promise<number | null> {
  const text = await readText(files.exit);
  return text === null ? null : Number(text);
}

/**
 * How long a group that was killed is waited for. What still stands then hangs inside its driver: it runs no more of its own code
 * whenever that ends, and nothing can be done about it from here.
 */
const KILLED_MS = 30_000;

/**
 * Ends the whole process group: SIGTERM, and SIGKILL after `killMs`. Answers when nothing of it runs: all have ended, were killed and
 * wait for somebody to bury them, or have stood in their driver for half a minute (`killedMs`) after the SIGKILL.
 */
export async function stopTrainer(child: StartedProcess, killMs: number, killedMs = KILLED_MS): Promise<void> {
  const killAt = performance.now() + killMs;
  signalGroup(child, "SIGTERM");
  while (await groupRuns(child)) {
    const lateMs = performance.now() - killAt;
    if (lateMs >= killedMs) return;
    if (lateMs >= 0) signalGroup(child, "SIGKILL");
    await delay(50);
  }
}

function signalGroup({ pid }: StartedProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** A group of which only the dead are left can still be signalled, for ever where no init buries them. */
async function groupRuns(child: StartedProcess): Promise<boolean> {
  return signalGroup(child, 0) && (await groupLives(child.pid));
}

/** Bytes of a log from an offset on, at most `maxBytes`; cut after the last whole character. */
export async function readLog(path: string, from: number, maxBytes: number): Promise<{ text: string; next: number }> {
  const file = await orNull(open(path, "r"));
  if (file === null) return { text: "", next: from };
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, from);
    const whole = bytesRead - brokenTail(buffer.subarray(0, bytesRead));
    return { text: buffer.toString("utf8", 0, whole), next: from + whole };
  } finally {
    await file.close();
  }
}

/** Bytes at the end that begin a character whose rest is not there. */
function brokenTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
