import { constants, type Dirent, type Stats } from "node:fs";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { UserError } from "@loramill/contracts";
import { compareKeys } from "../keys.ts";
import { describeReadError } from "./local-file.ts";
import { type RefusedFile, refuse } from "./source-entry.ts";
import { isJunk, problemOfPath } from "./source-names.ts";

/** A plain file below a folder. `real` is where it lies; another place than its name says when it is a link. */
export interface FoundFile {
  readonly kind: "found";
  readonly path: string;
  readonly real: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * All files below a folder, in the order of their paths, one folder in memory per level. Links are followed to files
 * below the same folder only; linked folders are not entered, because what they hold is read at its own place.
 */
export async function* walkFolder(folder: string, signal?: AbortSignal): AsyncGenerator<FoundFile | RefusedFile> {
  const root = await openRoot(folder);
  yield* walk({ root, signal }, root, "");
}

interface Walk {
  readonly root: string;
  readonly signal: AbortSignal | undefined;
}

async function openRoot(folder: string): Promise<string> {
  try {
    const root = await realpath(resolve(folder));
    if (!(await stat(root)).isDirectory()) {
      throw new UserError(`${folder} is not a folder; give an archive as type: archive`, { code: "not-a-folder" });
    }
    return root;
  } catch (error) {
    const described = describeReadError(error, `the folder ${folder}`);
    if (described instanceof UserError && described.code === "missing") {
      throw new UserError(`the folder ${folder} does not exist on this machine`, {
        code: "source-missing",
        cause: error,
      });
    }
    throw described;
  }
}

async function* walk(at: Walk, folder: string, base: string): AsyncGenerator<FoundFile | RefusedFile> {
  at.signal?.throwIfAborted();
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const described = describeReadError(error, base === "" ? "the folder" : base);
    if (base === "" || !(described instanceof UserError)) throw described;
    yield refuse(base, described.code, described.message);
    return;
  }
  for (const entry of inOrder(entries)) {
    const path = base + entry.name;
    if (isJunk(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(at, join(folder, entry.name), `${path}/`);
    else yield* look(at, join(folder, entry.name), path, entry);
  }
}

async function* look(at: Walk, place: string, path: string, entry: Dirent): AsyncGenerator<FoundFile | RefusedFile> {
  at.signal?.throwIfAborted();
  const problem = problemOfPath(path);
  if (problem !== null) return yield refuse(path, problem.code, problem.problem);
  try {
    const real = entry.isSymbolicLink() ? await realpath(place) : place;
    if (real !== place && real !== at.root && !real.startsWith(at.root + sep)) {
      return yield refuse(path, "link-outside", "is a symbolic link to outside of the folder");
    }
    const stats: Stats = await stat(real);
    if (stats.isDirectory()) return;
    if (!stats.isFile()) return yield refuse(path, "not-a-file", "is not a plain file");
    await access(real, constants.R_OK);
    yield { kind: "found", path, real, bytes: stats.size, modifiedMs: stats.mtimeMs };
  } catch (error) {
    const described = describeReadError(error, path);
    if (!(described instanceof UserError)) throw described;
    yield refuse(path, described.code, described.message);
  }
}

/** By the bytes of whole paths: a folder sorts as its name with a slash. */
function inOrder(entries: readonly Dirent[]): Dirent[] {
  const nameOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.toSorted((a, b) => compareKeys(nameOf(a), nameOf(b)));
}
