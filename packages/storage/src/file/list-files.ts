import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectInfo } from "@loramill/contracts";
import { compareKeys, PRIVATE_FOLDER } from "../keys.ts";
import { errorCode } from "./errors.ts";
import { nameOfSegment, segmentOfName } from "./paths.ts";

interface ListRequest {
  readonly prefix: string;
  readonly after: string;
  readonly signal?: AbortSignal | undefined;
}

/** The objects below a root in the order of their keys: folder by folder, so that memory holds one path of folders. */
export async function* listFiles(root: string, request: ListRequest): AsyncGenerator<ObjectInfo> {
  const folders = request.prefix.split("/").slice(0, -1);
  const base = folders.map((folder) => `${folder}/`).join("");
  yield* walk(join(root, ...folders.map(nameOfSegment)), base, request);
}

async function* walk(folder: string, base: string, request: ListRequest): AsyncGenerator<ObjectInfo> {
  request.signal?.throwIfAborted();
  for (const { key, name, isFolder } of orderedEntries(await readFolder(folder), base)) {
    if (isFolder) {
      if (mayHold(key, request)) yield* walk(join(folder, name), key, request);
    } else if (key.startsWith(request.prefix) && compareKeys(key, request.after) > 0) {
      const info = await infoOf(join(folder, name), key);
      if (info !== null) yield info;
    }
  }
}

/** A folder's key ends in a slash, which is what its objects sort by among their neighbours. */
function orderedEntries(entries: readonly Dirent[], base: string): { key: string; name: string; isFolder: boolean }[] {
  const found: { key: string; name: string; isFolder: boolean }[] = [];
  for (const entry of entries) {
    const segment = segmentOfName(entry.name);
    if (segment === null || (base === "" && segment === PRIVATE_FOLDER)) continue;
    if (entry.isDirectory()) found.push({ key: `${base}${segment}/`, name: entry.name, isFolder: true });
    else if (entry.isFile()) found.push({ key: base + segment, name: entry.name, isFolder: false });
  }
  return found.sort((a, b) => compareKeys(a.key, b.key));
}

/** Whether keys that begin with `folder` can match the prefix and lie behind `after`. */
function mayHold(folder: string, { prefix, after }: ListRequest): boolean {
  if (!folder.startsWith(prefix) && !prefix.startsWith(folder)) return false;
  return after.startsWith(folder) || compareKeys(folder, after) > 0;
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** Null when the object was deleted since its folder was read. */
async function infoOf(path: string, key: string): Promise<ObjectInfo | null> {
  try {
    const { size, mtime } = await stat(path);
    return { key, bytes: size, modifiedAt: mtime };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
