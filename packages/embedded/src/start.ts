import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serverAccount } from "./account.ts";
import { type Binaries, prepareBinaries } from "./binaries.ts";
import { makeCluster, readPassword, SUPERUSER } from "./cluster.ts";
import { cannotRun } from "./failure.ts";
import { type Home, locateHome } from "./home.ts";
import { clearEmptyLock, clearStaleLock, isRunning, readLock, type ServerLock } from "./lock.ts";
import { enter, leave } from "./members.ts";
import { accepts, launch, shutDown, type Transport } from "./server.ts";

export interface EmbeddedPostgresOptions {
  /** Folder of the database, made if missing. Two processes that name the same folder share one server. */
  readonly dataDir: string;
  readonly log?: (message: string) => void;
  /** As root: where a copy of the binaries goes, and databases whose `dataDir` the user `nobody` cannot reach. */
  readonly systemDir?: string;
  /** Default: `socket`, on Windows `tcp`. A server that already runs keeps what it has. */
  readonly transport?: Transport;
  /** Of Postgres, beside or instead of ours. A server that already runs keeps what it has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long to wait for the server, recovery after a crash included. Default 60,000. */
  readonly timeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** For `pg` and for DATABASE_URL; names the database `postgres`. */
  readonly connectionString: string;
  /** The socket's folder, or 127.0.0.1. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Only for TCP; the socket is protected by its folder. */
  readonly password: string | undefined;
  readonly database: string;
  /** Postgres's own data folder. */
  readonly dataDir: string;
  readonly pid: number;
  /** True if this call started the server, false if it found one running. */
  readonly started: boolean;
  /** Leaves the server and stops it if nobody else uses it. Safe to call twice. */
  stop(): Promise<void>;
}

async function connection(home: Home, lock: ServerLock) {
  const [user, database, port] = [SUPERUSER, "postgres", lock.port];
  if (!lock.socketFolder) {
    const [host, password] = ["127.0.0.1", await readPassword(home)];
    return {
      host,
      port,
      user,
      password,
      database,
      connectionString: `postgres://${user}:${password}@${host}:${port}/${database}`,
    };
  }
  const host = lock.socketFolder;
  // A host name before the path keeps it a valid URL for strict parsers; pg and libpq take the parameter instead.
  const connectionString = `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  return { host, port, user, password: undefined, database, connectionString };
}

/** Finds the running server, or makes a database and starts one, whichever the state of the folder asks for. */
async function findOrLaunch(options: {
  home: Home;
  binaries: Binaries;
  transport: Transport;
  settings: Readonly<Record<string, string>>;
  deadline: number;
}): Promise<{ lock: ServerLock; child: ChildProcess | undefined }> {
  const { home, binaries, deadline } = options;
  while (Date.now() < deadline) {
    const lock = await readLock(home.cluster);
    if (lock && (await isRunning(lock))) {
      if (lock.status === "ready" && (await accepts(lock))) return { lock, child: undefined };
    } else {
      await makeCluster(home, binaries);
      if (lock) await clearStaleLock(lock, home.cluster, deadline);
      else await clearEmptyLock(home.cluster);
      const child = await launch(options);
      const own = child && (await readLock(home.cluster));
      if (own && own.pid === child.pid) return { lock: own, child };
    }
    await delay(20); // starting, stopping, or recovering: look again
  }
  throw cannotRun(`no server within the time allowed, see ${home.log}`);
}

/**
 * Starts a real Postgres in a folder, or finds the one that runs there. Works as root (the server runs as `nobody`) and as
 * an ordinary user, recovers after kill -9 of the server or of whoever started it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  const systemDir = options.systemDir ?? "/var/lib/loramill";
  const transport = options.transport ?? (process.platform === "win32" ? "tcp" : "socket");
  const home = await locateHome({ dataDir: options.dataDir, systemDir, account: await serverAccount() });
  const copyFolder = home.account ? systemDir : undefined;
  const binaries = await prepareBinaries({ copyFolder, fallbackFolder: home.folder });
  const membership = await enter(home.folder, deadline);
  let child: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    const socketFolder = (await readLock(home.cluster))?.socketFolder;
    const stopped = await leave(home.folder, membership, () => shutDown(home, binaries));
    options.log?.(stopped ? "embedded Postgres stopped" : "embedded Postgres left to its other users");
    if (!stopped)
      child?.unref(); // it outlives us; our child or not, it must not keep this process alive
    else if (socketFolder && dirname(socketFolder) !== home.folder)
      await rm(socketFolder, { recursive: true, force: true });
  };
  try {
    const server = await findOrLaunch({ home, binaries, transport, settings: options.settings ?? {}, deadline });
    child = server.child;
    options.log?.(
      `embedded Postgres ${child ? "started" : "found"}, process ${server.lock.pid}, data in ${home.cluster}`,
    );
    let stopping: Promise<void> | undefined;
    return {
      ...(await connection(home, server.lock)),
      dataDir: home.cluster,
      pid: server.lock.pid,
      started: child !== undefined,
      stop: () => {
        stopping ??= end();
        return stopping;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
