import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "./failure.ts";
import { attachedTo, runsCluster } from "./process-table.ts";

/** What `postmaster.pid` says about the server of a data folder. */
export interface ServerLock {
  readonly pid: number;
  readonly cluster: string;
  readonly port: number;
  /** Empty when the server listens on TCP only. */
  readonly socketFolder: string;
  readonly sharedMemory: number | undefined;
  readonly status: string;
}

/** Parses `postmaster.pid`. It grows line by line while the server starts, so late lines may be absent. */
export function parseLock(text: string): ServerLock | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const segment = lines[6]?.split(/\s+/)[1];
  return {
    pid,
    cluster: lines[1] ?? "",
    port: Number(lines[3] || 0),
    socketFolder: lines[4] ?? "",
    sharedMemory: segment ? Number(segment) : undefined,
    status: lines[7] ?? "",
  };
}

export async function readLock(cluster: string): Promise<ServerLock | undefined> {
  try {
    return parseLock(await readFile(join(cluster, "postmaster.pid"), "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

export async function isRunning(lock: ServerLock | undefined): Promise<boolean> {
  return lock !== undefined && (await runsCluster(lock.pid, lock.cluster));
}

/**
 * Makes way after a server that was killed. Postgres clears the lock of a process that is gone by itself, but not one
 * whose number still answers (a zombie, or a stranger). Waits until no backend of the dead server holds its memory:
 * starting before that would put two servers on one data folder.
 */
export async function clearStaleLock(lock: ServerLock, cluster: string, deadline: number): Promise<void> {
  while (lock.sharedMemory !== undefined && (await attachedTo(lock.sharedMemory)) > 0) {
    if (Date.now() > deadline) return; // Postgres will refuse to start and say why
    await delay(20);
  }
  if (!(await takeAway(lock, cluster))) return; // another starter was quicker
  if (!lock.socketFolder) return;
  const socket = join(lock.socketFolder, `.s.PGSQL.${lock.port}`);
  await rm(socket, { force: true });
  await rm(`${socket}.lock`, { force: true });
}

/** From making its lock to writing its number into it a server takes no time; one that was killed in between never comes back. */
const EMPTY_MS = 5_000;

/**
 * Removes a lock without a number that nobody will write into any more: Postgres itself refuses to start beside one. A younger one is
 * that of a server which is just starting.
 */
export async function clearEmptyLock(cluster: string): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  try {
    const { size, mtimeMs } = await stat(path);
    if (size === 0 && Date.now() - mtimeMs > EMPTY_MS) await rm(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** Removes the lock of one dead server, and only that: it is moved aside first, and back if it has become another's. */
async function takeAway(lock: ServerLock, cluster: string): Promise<boolean> {
  const path = join(cluster, "postmaster.pid");
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
  const taken = parseLock(await readFile(aside, "utf8"));
  const isOurs = taken?.pid === lock.pid && !(await isRunning(taken));
  if (!isOurs) await link(aside, path);
  await rm(aside);
  return isOurs;
}
