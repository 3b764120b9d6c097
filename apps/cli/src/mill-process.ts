import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "@loramill/contracts";
import { z } from "zod";
import type { CliConfig } from "./config.ts";

/** What a running mill writes to `<DATA_DIR>/mill.json`, so that the next command finds it. */
const MillFile = z.object({ url: z.string(), pid: z.int(), token: z.string() });
type MillFile = z.output<typeof MillFile>;

export interface LocalMill {
  readonly url: string;
  readonly apiKey: string;
  readonly started: boolean;
  /** Ends the mill if this command started it, and waits until it is gone. */
  stop(): Promise<void>;
  /** Lets a mill that this command started go on; it ends by itself when it has nothing left to do. */
  leave(): void;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const MILL_MAIN = fileURLToPath(new URL("../../mill/src/main.ts", import.meta.url));

/** Finds the mill of a data folder, or starts one as a process of its own and waits until it answers. */
export async function openLocalMill({ dataDir, env }: Pick<CliConfig, "dataDir" | "env">): Promise<LocalMill> {
  const found = await findMill(dataDir);
  if (found) return { url: found.url, apiKey: found.token, started: false, stop: async () => {}, leave: () => {} };

  mkdirSync(join(dataDir, "logs"), { recursive: true });
  const logPath = join(dataDir, "logs", "mill.log");
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(process.execPath, [MILL_MAIN], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { API_PORT: "0", MILL_IDLE_EXIT_SECONDS: "60", ...env, DATA_DIR: dataDir },
  });
  const exited = new Promise<number | null>((done) => child.once("exit", done));
  let gone = false;
  exited.then(() => {
    gone = true;
  });

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !gone) {
    const mill = await findMill(dataDir);
    if (mill) {
      return {
        url: mill.url,
        apiKey: mill.token,
        started: mill.pid === child.pid,
        async stop() {
          if (gone || mill.pid !== child.pid) return;
          child.kill("SIGTERM");
          // Not a race against a plain timer: that would keep this process for the rest of its time.
          const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
          await exited;
          clearTimeout(force);
        },
        leave: () => child.unref(),
      };
    }
    await wait(50);
  }
  if (!gone) child.kill("SIGKILL");
  throw new UserError(`the mill did not start; the end of ${logPath}:\n${lastLines(logPath, 15)}`, {
    code: "mill-not-started",
  });
}

async function findMill(dataDir: string): Promise<MillFile | null> {
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

function lastLines(path: string, count: number): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-count).join("\n");
}
