import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { exists } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { serverEnvironment } from "./cluster.ts";
import { cannotRun, hasCode } from "./failure.ts";
import { type Home, socketFolder } from "./home.ts";
import { isRunning, readLock, type ServerLock } from "./lock.ts";
import { processFacts } from "./process-table.ts";

/** How clients reach the server: a socket in a private folder, or the loopback with a password. */
export type Transport = "socket" | "tcp";

const SETTINGS = { shared_buffers: "32MB", max_connections: "100", max_wal_size: "256MB", jit: "off", timezone: "UTC" };
const POLL_MS = 10;
/** How Postgres begins to say that its lock file exists, or is empty. */
const LOCKED = 'FATAL:  lock file "postmaster.pid"';
const MAX_LOG_BYTES = 8 * 1024 * 1024;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw cannotRun("no free TCP port on 127.0.0.1");
  return address.port;
}

async function listenArguments(home: Home, transport: Transport): Promise<string[]> {
  if (transport === "tcp") {
    return ["-p", String(await freePort()), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
  }
  const folder = (await socketFolder(home)).replaceAll('"', '""');
  return ["-p", "5432", "-c", "listen_addresses=", "-c", `unix_socket_directories="${folder}"`];
}

/** Opens the server's log for appending; a log over 8 MiB starts anew. */
async function openLog(path: string) {
  const bytes = (await exists(path)) ? (await stat(path)).size : 0;
  const file = await open(path, bytes > MAX_LOG_BYTES ? "w" : "a", 0o600);
  return { file, from: bytes > MAX_LOG_BYTES ? 0 : bytes };
}

/**
 * Starts Postgres, detached so that Ctrl-C does not reach it, and waits until it answers. Returns undefined if another
 * starter took the data folder first.
 */
export async function launch(options: {
  home: Home;
  binaries: Binaries;
  transport: Transport;
  settings: Readonly<Record<string, string>>;
  deadline: number;
}): Promise<ChildProcess | undefined> {
  const { home, binaries, deadline } = options;
  const log = await openLog(home.log);
  let child: ChildProcess;
  try {
    const settings = Object.entries({ ...SETTINGS, ...options.settings });
    child = spawn(
      binaries.postgres,
      [
        ...["-D", home.cluster, ...(await listenArguments(home, options.transport))],
        ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      {
        cwd: "/",
        detached: true,
        stdio: ["ignore", log.file.fd, log.file.fd],
        env: serverEnvironment,
        windowsHide: true,
        ...home.account,
      },
    );
    let failure: unknown;
    child.once("error", (error) => {
      failure = error;
    });
    while (failure === undefined && child.exitCode === null && child.signalCode === null) {
      const lock = await readLock(home.cluster);
      if (lock?.pid === child.pid && lock?.status === "ready") return child;
      if (Date.now() > deadline) {
        child.kill("SIGQUIT");
        throw cannotRun(`it was not ready in time, see ${home.log}`);
      }
      await delay(POLL_MS);
    }
    if (await isRunning(await readLock(home.cluster))) return undefined;
    const said = (await readFile(home.log)).subarray(log.from).toString("utf8").trim().slice(-2_000);
    // Another one was there first, if only for a moment: it had not written its number yet, or has ended since.
    if (said.includes(LOCKED)) return undefined;
    throw cannotRun(`it did not start: ${said || "no message"}`, failure);
  } finally {
    await log.file.close();
  }
}

/** Whether the server accepts connections. Opens one and closes it unused, which Postgres does not even log. */
export async function accepts(lock: ServerLock): Promise<boolean> {
  const socket = lock.socketFolder
    ? connect(join(lock.socketFolder, `.s.PGSQL.${lock.port}`))
    : connect(lock.port, "127.0.0.1");
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false; // not yet, or no more: the caller looks again
  } finally {
    socket.destroy();
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error; // it has just ended by itself
  }
}

/** Stops the server of a data folder, if one runs: clients are cut off, committed rows are safe. */
export async function shutDown(home: Home, binaries: Binaries): Promise<void> {
  const lock = await readLock(home.cluster);
  if (!lock || !(await isRunning(lock))) return;
  if (process.platform === "win32") {
    await promisify(execFile)(binaries.pgCtl, ["stop", "-D", home.cluster, "-m", "fast", "-w"], { windowsHide: true });
    return;
  }
  const { startedAt } = await processFacts(lock.pid);
  for (const [signal, patienceMs] of [
    ["SIGINT", 30_000], // fast: a checkpoint, then exit
    ["SIGQUIT", 10_000], // immediate: recovers at the next start
  ] as const) {
    const deadline = Date.now() + patienceMs;
    if (await isRunning(lock)) sendSignal(lock.pid, signal);
    while (Date.now() < deadline) {
      const now = await processFacts(lock.pid);
      if (!now.alive || now.startedAt !== startedAt) return;
      await delay(POLL_MS);
    }
  }
  throw cannotRun(`process ${lock.pid} does not stop`);
}
