import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "@loramill/testkit";

/** A kind of process, and how long its processes live before they are killed, in milliseconds. */
export interface Role {
  readonly app: "api" | "captioner" | "curator" | "dispatcher" | "evaluator" | "generator" | "provisioner" | "trainer";
  /** Words of its log that say that it works now: from then on its life counts. */
  readonly ready: string;
  readonly processes: number;
  readonly lifeMs: readonly [shortest: number, longest: number];
}

/** A process that was killed. */
export interface Death {
  readonly app: Role["app"];
  readonly pid: number;
  readonly at: Date;
  /** Whether it had not yet said that it works. */
  readonly wasStarting: boolean;
}

/** From when a process said that it works until it ended, in milliseconds since 1970; `to` is infinite while it lives. */
export interface Service {
  readonly app: Role["app"];
  readonly from: number;
  readonly to: number;
}

export interface Fleet {
  readonly deaths: readonly Death[];
  readonly services: readonly Service[];
  /** Resolves after the wanted number of kills, with the processes of the last round at work; or at a complaint. */
  readonly killed: Promise<void>;
  /** SIGTERM to all; answers the exit codes. */
  stop(): Promise<(number | null)[]>;
  /** What processes said that they should not have, and how they ended by themselves. */
  readonly complaints: readonly string[];
}

/** Kept from run to run: a process that is killed writes none of it down, and each start would compile everything anew. */
const COMPILE_CACHE = resolve(import.meta.dirname, "../../node_modules/.cache/loramill-compile");

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
  const deaths: Death[] = [];
  const services: { app: Role["app"]; from: number; to: number }[] = [];

  async function serve({ app }: Role, child: ReturnType<typeof start>): Promise<void> {
    await Promise.race([child.isReady, child.exited]);
    if (child.process.exitCode !== null || child.process.signalCode !== null) return;
    const service = { app, from: Date.now(), to: Number.POSITIVE_INFINITY };
    services.push(service);
    await child.exited;
    service.to = Date.now();
  }

  async function live(role: Role, random: () => number): Promise<void> {
    while (!stopping) {
      // Drawn before anything happens, so that how long things take does not change what is drawn.
      const [isEarly, share] = [random() < EARLY_SHARE, random()];
      const dies = granted < options.kills;
      if (dies) granted += 1;
      const child = start(role, env);
      running.add(child.process);
      child.exited.then(() => running.delete(child.process));
      void serve(role, child);
      if (!dies) {
        survivors.push(Promise.race([child.isReady, child.exited]));
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
      const at = new Date();
      await child.exited;
      deaths.push({ app: role.app, pid: child.process.pid ?? 0, at, wasStarting: isEarly });
    }
  }

  const lives = roles.flatMap((role, kind) =>
    Array.from({ length: role.processes }, (_, place) => live(role, seededRandom(seed * 1_000 + kind * 100 + place))),
  );
  return {
    deaths,
    services,
    complaints,
    killed: (async () => {
      while ((deaths.length < options.kills || survivors.length < wanted) && complaints.length === 0) await wait(200);
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
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      LOG_LEVEL: "info",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
  });
  let output = "";
  let say = () => {};
  const isReady = new Promise<void>((done) => {
    say = done;
  });
  for (const stream of [spawned.stdout, spawned.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000);
      if (output.includes(role.ready)) say();
    });
  }
  const exited = new Promise<number | null>((done) => spawned.once("exit", done));
  return { process: spawned, isReady, exited, output: () => output };
}
