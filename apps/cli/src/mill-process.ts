import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "@loramill/contracts";
import type { LostStream } from "@loramill/sdk";
import { z } from "zod";
import type { CliConfig } from "./config.ts";
import { readFailure } from "./mill-log.ts";

/** What a running mill writes to `<DATA_DIR>/mill.json`, so that the next command finds it. */
const MillFile = z.object({ url: z.string(), pid: z.int(), token: z.string() });
type MillFile = z.output<typeof MillFile>;

export interface LocalMill {
  readonly url: string;
  readonly apiKey: string;
  readonly started: boolean;
  /** Throws `MillEnded` where what is lost does not come back: this mill is no process any more. */
  checkAlive(lost: LostStream): void;
  /** Ends the mill if this command started it, and waits until it is gone. */
  stop(): Promise<void>;
  /** Lets a mill that this command started go on; it ends by itself when it has nothing left to do. */
  leave(): void;
}

/** The mill of this machine ended before it answered, or never did. */
export class MillNotStarted extends UserError {
  /** Whether the mill refused its configuration, as against something it needs being out of reach. */
  readonly refused: boolean;

  constructor(why: string, { refused, logPath }: { refused: boolean; logPath: string }) {
    super(`the mill did not start: ${why}\n  its log: ${logPath}`, { code: "mill-not-started" });
    this.refused = refused;
  }
}

/** The mill of this machine ended, or was killed, while a command used it. */
export class MillEnded extends UserError {
  /** `logPath`: of one whose log is known; others write theirs where whoever started them wants it. */
  constructor(pid: number, logPath: string | null) {
    const advice = "what is done stays: `loramill watch last` starts it again, and the run goes on";
    const log = logPath === null ? "" : `\n  its log: ${logPath}`;
    super(`the mill (process ${pid}) has ended; ${advice}${log}`, { code: "mill-ended" });
  }
}

const START_TIMEOUT_MS = 60_000;
/** Whoever started the mill that was found may start it again; after that nobody does. */
const COMES_BACK_WITHIN_MS = 30_000;
/** Longer than the mill gives itself by default (SHUTDOWN_SECONDS), so that it ends in order when it can. */
const STOP_TIMEOUT_MS = 45_000;
/** Exit code of a process that refuses its configuration. */
const REFUSED = 2;

export const MILL_MAIN = fileURLToPath(new URL("../../mill/src/main.ts", import.meta.url));

/** Finds the mill of a data folder, or starts one as a process of its own and waits until it answers. */
export async function openLocalMill(
  options: Pick<CliConfig, "dataDir" | "env"> & { readonly signal: AbortSignal },
): Promise<LocalMill> {
  const { dataDir, env, signal } = options;
  const logPath = join(dataDir, "logs", "mill.log");
  const opened = (mill: MillFile, started: boolean) => ({
    ...{ url: mill.url, apiKey: mill.token, started },
    checkAlive: ({ lostMs }: LostStream) => {
      if (isAlive(mill.pid) || (!started && lostMs < COMES_BACK_WITHIN_MS)) return;
      throw new MillEnded(mill.pid, started ? logPath : null);
    },
  });
  const found = await findMill(dataDir);
  if (found) return { ...opened(found, false), stop: async () => {}, leave: () => {} };
  signal.throwIfAborted();

  mkdirSync(join(dataDir, "logs"), { recursive: true });
  const log = openSync(logPath, "a", 0o600);
  const logStart = readFileSync(logPath).length;
  const child = spawn(process.execPath, [MILL_MAIN], {
    // A group of its own: Ctrl-C is for this command, which decides what becomes of the mill.
    detached: true,
    stdio: ["ignore", log, log],
    // Nobody knows its address: pages would be built for nobody.
    env: { API_PORT: "0", API_STUDIO_DIR: "off", MILL_IDLE_EXIT_SECONDS: "60", ...env, DATA_DIR: dataDir },
  });
  const exited = new Promise<number | null>((done) => child.once("exit", done));
  let gone = false;
  exited.then(() => {
    gone = true;
  });
  const stop = async () => {
    if (gone) return;
    child.kill("SIGTERM");
    // Not a race against a plain timer: that would keep this process for the rest of its time.
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(force);
  };

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !gone && !signal.aborted) {
    const mill = await findMill(dataDir);
    if (mill) {
      // Another command may have started one at the same time, and been first.
      const ours = mill.pid === child.pid;
      if (!ours) await stop();
      return { ...opened(mill, ours), stop, leave: () => child.unref() };
    }
    await wait(50);
  }
  const code = gone ? await exited : null;
  await stop();
  signal.throwIfAborted();
  const why = gone && code !== null ? readFailure(logPath, logStart) : `no answer within ${START_TIMEOUT_MS / 1000} s`;
  throw new MillNotStarted(why, { refused: code === REFUSED, logPath });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The mill of a data folder, if one answers. */
export async function findMill(dataDir: string): Promise<MillFile | null> {
  let file: MillFile;
  try {
    file = MillFile.parse(JSON.parse(readFileSync(join(dataDir, "mill.json"), "utf8")));
  } catch {
    return null;
  }
  try {
    const answer = await fetch(`${file.url}/livez`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok ? file : null;
  } catch {
    return null;
  }
}
