import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { exists } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { cannotRun, hasCode } from "./failure.ts";
import type { Home } from "./home.ts";
import { processFacts } from "./process-table.ts";

export const SUPERUSER = "loramill";

/** A small environment: settings such as PGPORT of the caller must not reach the server. Windows needs its own. */
export const serverEnvironment =
  process.platform === "win32" ? undefined : { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/** Removes folders that a killed initdb left behind. */
async function sweep(home: Home): Promise<void> {
  for (const name of await readdir(home.folder)) {
    const pid = /^database\.(\d+)-/.exec(name)?.[1];
    if (!pid || (await processFacts(Number(pid))).alive) continue;
    await rm(join(home.folder, name), { recursive: true, force: true });
  }
}

/**
 * Makes the database if there is none: initdb in a temporary sibling, then one rename, so that neither a kill nor a second
 * starter leaves half a database. Over the socket everybody who can enter its folder is trusted; TCP asks for a password.
 */
export async function makeCluster(home: Home, binaries: Binaries): Promise<void> {
  if (await exists(home.database)) return await checkVersion(home, binaries);
  await sweep(home);
  const temporary = join(home.folder, `database.${process.pid}-${randomBytes(4).toString("hex")}`);
  const cluster = join(temporary, "cluster");
  const password = join(temporary, "password");
  try {
    await mkdir(temporary, { mode: 0o700 });
    await writeFile(password, randomBytes(24).toString("base64url"), { mode: 0o600 });
    if (home.account) {
      for (const path of [password, temporary]) await chown(path, home.account.uid, home.account.gid);
    }
    await promisify(execFile)(
      binaries.initdb,
      [
        ...["-D", cluster, "-U", SUPERUSER, "--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${password}`],
        ...["--locale=C", "--encoding=UTF8", "--no-sync", "--wal-segsize=4", "--no-instructions"],
      ],
      { cwd: "/", env: serverEnvironment, windowsHide: true, ...home.account },
    );
    await chmod(temporary, 0o700);
    await rename(temporary, home.database);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (hasCode(error, "EEXIST", "ENOTEMPTY")) return; // another starter was quicker; use its database
    throw cannotRun(`initdb failed in ${home.folder}`, error);
  }
}

async function checkVersion(home: Home, binaries: Binaries): Promise<void> {
  const has = (await readFile(join(home.cluster, "PG_VERSION"), "utf8")).trim();
  const wants = binaries.version.split(".")[0];
  if (has === wants) return;
  throw cannotRun(
    `${home.cluster} was made by Postgres ${has}, this is ${wants}: export with the old version, then import`,
  );
}

export async function readPassword(home: Home): Promise<string> {
  return (await readFile(join(home.database, "password"), "utf8")).trim();
}
