import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

/** A pod-agent as a process, which ends as the machine that it runs on does. */
export interface SpawnedAgent {
  readonly address: string;
  /** SIGTERM; answers when it has ended. Safe to call twice. */
  stop(): Promise<void>;
  /** `kill -9` of it and of its trainers. Safe to call twice. */
  kill(): Promise<void>;
  /** It stands still, as on a machine that has no time for it; its trainers go on. */
  freeze(): void;
  thaw(): void;
}

const State = z.object({ child: z.object({ pid: z.int() }).nullable() });

/**
 * Starts a program with its arguments that prints the agent's address on its first line. `workspace` is the agent's; `env` is added to
 * the environment of this process.
 */
export async function spawnAgent(
  program: string,
  args: readonly string[],
  workspace: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SpawnedAgent> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const address = await firstLine(child);
  return {
    address,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
      for (const pid of await trainersOf(workspace)) killGroup(pid);
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
  };
}

function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (stdout === null) return reject(new Error("the agent has no output"));
    const lines = createInterface({ input: stdout });
    lines.once("line", resolve);
    lines.once("close", () => reject(new Error("the agent ended before it said its address")));
  });
}

/** Process groups of the trainers that an agent noted. */
async function trainersOf(workspace: string): Promise<number[]> {
  const pids: number[] = [];
  for (const id of await readdir(join(workspace, "jobs"))) {
    const state = await readFile(join(workspace, "jobs", id, "state.json"), "utf8").catch((error: unknown) => {
      // The agent was killed before it had written down the first word of this job: no trainer was started.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    });
    const child = state === null ? null : State.parse(JSON.parse(state)).child;
    if (child !== null) pids.push(child.pid);
  }
  return pids;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It had ended already.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
