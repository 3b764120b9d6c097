import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "@loramill/testkit";

/** A kind of process, and how long its processes live before they are killed, in milliseconds. */
export interface Role {
  readonly app: "api" | "captioner" | "curator" | "dispatcher" | "provisioner" | "trainer";
  /** The log line that says that it works now; null: there is none, and its life counts from its start. */
  readonly ready: string | null;
  readonly processes: number;
  readonly lifeMs: readonly [shortest: number, longest: number];
}

export interface Fleet {
  readonly kills: number;
  /** Of processes that had not yet said that they work. */
  readonly killsWhileStarting: number;
  /** Resolves after the wanted number of kills, with the processes of the last round at work; or at a complaint. */
  readonly killed: Promise<void>;
  /** SIGTERM to all; answers the exit codes. */
  stop(): Promise<(number | null)[]>;
  /** What processes said that they should not have, and how they ended by themselves. */
  readonly complaints: readonly string[];
}

/** One kill in five falls while the process starts. */
const EARLY_SHARE = 0.2;

/**
 * Keeps processes running and kills each (SIGKILL) after a life drawn from the seed, again and again, until there were
 * `kills` of them; then lets them live.
 */
export function startFleet(options: {
  readonly roles: readonly Role[];
  readonly env: Readonly<Record<string, string>>;
  readonly kills: number;
  readonly seed: number;
}): Fleet {
  const { roles, env, seed } = options;
  const complaints: string[] = [];
  const running = new Set<ChildProcess>();
  /** Of the processes that nobody kills any more: that they are at work, or have ended. */
  const survivors: Promise<unknown>[] = [];
  const wanted = roles.reduce((sum, { processes }) => sum + processes, 0);
  let stopping = false;
  let granted = 0;
  let kills = 0;
  let early = 0;

  async function live(role: Role, random: () => number): Promise<void> {
    while (!stopping) {
      // Drawn before anything happens, so that how long things take does not change what is drawn.
      const [isEarly, share] = [random() < EARLY_SHARE, random()];
      const dies = granted < options.kills;
      if (dies) granted += 1;
      const child = start(role, env);
      running.add(child.process);
      child.exited.then(() => running.delete(child.process));
      if (!dies) {
        // One that says nothing is at work after its shortest life, which is meant to be long enough for that.
        survivors.push(Promise.race([role.ready === null ? wait(2 * role.lifeMs[0]) : child.isReady, child.exited]));
        const code = await child.exited;
        if (!stopping) complaints.push(`${role.app} ended by itself with ${code}: ${child.output().slice(-2_000)}`);
        continue;
      }
      const [shortest, longest] = role.lifeMs;
      if (isEarly) await wait(share * 1_000);
      else {
        await Promise.race([child.isReady, child.exited]);
        await Promise.race([wait(shortest + share * (longest - shortest)), child.exited]);
      }
      if (child.process.exitCode !== null) {
        complaints.push(`${role.app} ended by itself with ${child.process.exitCode}: ${child.output().slice(-2_000)}`);
        continue;
      }
      child.process.kill("SIGKILL");
      await child.exited;
      kills += 1;
      if (isEarly) early += 1;
    }
  }

  const lives = roles.flatMap((role, kind) =>
    Array.from({ length: role.processes }, (_, place) => live(role, seededRandom(seed * 1_000 + kind * 100 + place))),
  );
  return {
    get kills() {
      return kills;
    },
    get killsWhileStarting() {
      return early;
    },
    complaints,
    killed: (async () => {
      while ((kills < options.kills || survivors.length < wanted) && complaints.length === 0) await wait(200);
      await Promise.all(survivors);
    })(),
    async stop() {
      stopping = true;
      const ended = [...running].map(async (child) => {
        const exited = new Promise<number | null>((done) => child.once("exit", done));
        child.kill("SIGTERM");
        return exited;
      });
      const codes = await Promise.all(ended);
      await Promise.all(lives);
      return codes;
    },
  };
}

function start(role: Role, env: Readonly<Record<string, string>>) {
  const main = resolve(import.meta.dirname, `../../apps/${role.app}/src/main.ts`);
  const spawned = spawn(process.execPath, [main], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: "info", ...env },
  });
  let output = "";
  let say = () => {};
  const isReady = new Promise<void>((done) => {
    say = done;
  });
  for (const stream of [spawned.stdout, spawned.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000);
      if (role.ready !== null && output.includes(role.ready)) say();
    });
  }
  if (role.ready === null) say();
  const exited = new Promise<number | null>((done) => spawned.once("exit", done));
  return { process: spawned, isReady, exited, output: () => output };
}
