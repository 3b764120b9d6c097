import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { waitUntil } from "./wait-until.ts";

export interface TestRedis {
  readonly url: string;
  /** Whether `kill` and `restart` do anything: not with a server given by TEST_REDIS_URL. */
  readonly owned: boolean;
  /** kill -9; without `aof` the data is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Stops the process without ending it, so that connections hang instead of breaking. */
  freeze(): void;
  thaw(): void;
  flush(): Promise<void>;
  /** Sends one command (inline syntax) and answers the raw reply. */
  command(line: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * A Redis for tests: the one of TEST_REDIS_URL, else a local `redis-server` on a free port. Null (after one loud line)
 * where there is neither. `cluster`: always one of our own, the only node of a cluster that refuses what touches two slots.
 */
export async function startRedis(
  options: { readonly aof?: boolean; readonly cluster?: boolean } = {},
): Promise<TestRedis | null> {
  const given = process.env.TEST_REDIS_URL;
  if (given !== undefined && given !== "" && options.cluster !== true) return useGiven(given);
  const binary = findBinary("redis-server");
  if (binary === undefined) {
    console.warn("SKIPPED: no TEST_REDIS_URL and no redis-server on the PATH: tests with Redis do not run");
    return null;
  }
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "loramill-redis-"));
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--loglevel", "warning"];
  flags.push("--appendonly", options.aof === true ? "yes" : "no", "--appendfsync", "everysec");
  flags.push("--maxmemory-policy", "noeviction");
  if (options.cluster === true) flags.push("--cluster-enabled", "yes", "--cluster-port", String(await freePort()));

  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  const ask = (line: string) => command(port, line);
  const start = async () => {
    const started = spawn(binary, flags, { stdio: "ignore" });
    exited = new Promise((resolve) => started.once("exit", () => resolve()));
    child = started;
    // Another one may have taken the port in between, and would answer in its place.
    const isUp = () => started.exitCode === null && started.signalCode === null;
    await waitUntil("redis-server answers", async () => isUp() && (await ask("PING")).startsWith("+PONG") && isUp());
  };
  const kill = async () => {
    child?.kill("SIGKILL");
    await exited;
    child = undefined;
  };
  await start();
  if (options.cluster === true) {
    await ask("CLUSTER ADDSLOTSRANGE 0 16383");
    await waitUntil("the cluster serves", async () => (await ask("CLUSTER INFO")).includes("cluster_state:ok"));
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    owned: true,
    kill,
    restart: async () => {
      if (child === undefined) await start();
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    flush: async () => void (await ask("FLUSHALL")),
    command: ask,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function useGiven(url: string): TestRedis {
  const { hostname, port } = new URL(url);
  const ask = (line: string) => command(port === "" ? 6379 : Number(port), line, hostname);
  return {
    url,
    owned: false,
    kill: async () => {},
    restart: async () => {},
    freeze: () => {},
    thaw: () => {},
    flush: async () => void (await ask("FLUSHALL")),
    command: ask,
    stop: async () => {},
  };
}

function findBinary(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; look in the next folder.
    }
  }
  return undefined;
}

/**
 * A TCP port that was free a moment ago. It is below those that the system gives away by itself (from 32768 on), so that nobody
 * takes it while the process that it is for is being started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(false) : reject(error),
      );
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** One inline command over a fresh connection: enough for PING, FLUSHALL, CONFIG. */
function command(port: number, line: string, host = "127.0.0.1"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.setTimeout(5_000, () => socket.destroy(new Error("Redis does not answer")));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("Redis closed the connection without an answer")));
    socket.once("connect", () => socket.write(`${line}\r\n`));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply.toString());
    });
  });
}
