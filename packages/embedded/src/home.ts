import { randomUUID } from "node:crypto";
import { chmod, chown, link, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Account, canReach, exists, ownerOf } from "./account.ts";
import { hasCode } from "./failure.ts";

/** The folder of one embedded server and who runs it. */
export interface Home {
  readonly folder: string;
  /** `cluster/` (Postgres's own data folder) and `password`; appears in one step. */
  readonly database: string;
  readonly cluster: string;
  readonly log: string;
  readonly account: Account | undefined;
}

/** Longest path of a unix socket: 104 bytes with its zero on macOS, 108 on Linux. */
const MAX_SOCKET_PATH_BYTES = 103;

const homeIn = (folder: string, account: Account | undefined): Home => ({
  folder,
  database: join(folder, "database"),
  cluster: join(folder, "database", "cluster"),
  log: join(folder, "postgres.log"),
  account,
});

/** Writes `content` to `path` if it does not exist, in one step; returns what the file says afterwards. */
async function agreeOn(path: string, content: string): Promise<string> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, content, { flag: "wx", mode: 0o600 });
  try {
    await link(temporary, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return (await readFile(path, "utf8")).trim();
}

/**
 * Decides where the database lies: in `dataDir`, or, when root owns a path that the server's user cannot reach, below
 * `systemDir`; then `dataDir/postgres-location` names the place, so that deleting the data folder still means a new start.
 */
export async function locateHome(options: {
  dataDir: string;
  systemDir: string;
  account: Account | undefined;
}): Promise<Home> {
  const { account, systemDir } = options;
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(resolve(options.dataDir));
  const here = homeIn(dataDir, account);
  if (await exists(here.database)) return homeIn(dataDir, await ownerOf(here.database));
  const pointer = join(dataDir, "postgres-location");
  if (!(await exists(pointer)) && (!account || (await canReach(dataDir, account)))) return here;
  const folder = await agreeOn(pointer, join(systemDir, "data", randomUUID()));
  const there = homeIn(folder, account);
  if (await exists(there.database)) return homeIn(folder, await ownerOf(there.database));
  for (const each of [systemDir, join(systemDir, "data"), folder]) {
    await mkdir(each, { recursive: true });
    await chmod(each, 0o755);
  }
  return there;
}

/** A folder for the socket that only the server's user (and root) can enter; in the temporary folder if paths are long. */
export async function socketFolder(home: Home): Promise<string> {
  const fits = (folder: string): boolean => Buffer.byteLength(join(folder, ".s.PGSQL.5432")) <= MAX_SOCKET_PATH_BYTES;
  let folder = join(home.folder, "socket");
  if (fits(folder)) await mkdir(folder, { recursive: true });
  else {
    const short = join(await realpath(tmpdir()), "loramill-pg-");
    folder = await mkdtemp(fits(`${short}XXXXXX`) ? short : "/tmp/loramill-pg-");
  }
  await chmod(folder, 0o700);
  if (home.account) await chown(folder, home.account.uid, home.account.gid);
  return folder;
}
