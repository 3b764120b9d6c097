import { readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotRun, hasCode } from "./failure.ts";

/** The user that the server runs as when that is not ourselves. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root, so root hands it to `nobody`: initdb wants a user that /etc/passwd knows, and this one
 * is there without adding any. Undefined for an ordinary user, who runs the server as himself.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile("/etc/passwd", "utf8");
  const fields = passwd
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === "nobody");
  if (!fields) throw cannotRun("it cannot run as root and there is no user `nobody` here: start as an ordinary user");
  return { uid: Number(fields[2]) >>> 0, gid: Number(fields[3]) >>> 0 }; // macOS writes -2
}

/** Who owns an existing path, when we are root and must run as its owner; refuses another user's path otherwise. */
export async function ownerOf(path: string): Promise<Account | undefined> {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  const owner = await stat(path);
  if (uid === owner.uid) return undefined;
  if (uid === 0) return { uid: owner.uid, gid: owner.gid };
  throw cannotRun(
    `${path} belongs to user ${owner.uid}, we are ${uid}: start as that user, or choose another data folder`,
  );
}

/** Whether `account` may pass through every folder on the way to `path` (mode bits only). */
export async function canReach(path: string, account: Account): Promise<boolean> {
  let folder = await realpath(path);
  for (;;) {
    const { mode, uid, gid } = await stat(folder);
    const search = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & search) === 0) return false;
    if (folder === dirname(folder)) return true;
    folder = dirname(folder);
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
