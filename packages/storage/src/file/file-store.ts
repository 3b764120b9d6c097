import type { Stats } from "node:fs";
import { mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Body, type Clock, type Digest, type ObjectInfo, type PutOptions, sha256Hex } from "@loramill/contracts";
import { assertExpected, gatherSmall, missing, resolveRange } from "../bytes.ts";
import type { ObjectDriver } from "../driver.ts";
import { assertSafePrefix } from "../keys.ts";
import { createUrlSigner, type UrlSigner } from "../signed-url.ts";
import { guessContentType, guessType, readStoredType, removeStoredType } from "./content-type.ts";
import { errorCode, mapFileError } from "./errors.ts";
import { listFiles } from "./list-files.ts";
import { layoutOf, pathOfKey } from "./paths.ts";
import { readRange } from "./read-file.ts";
import { loadSigningSecret } from "./signing-secret.ts";
import { createFolderSync } from "./sync-folder.ts";
import { moveIntoPlace, type WrittenFile, writeTemporary } from "./write-file.ts";

/** Temporary files older than this are of processes that died. */
const STALE_TEMPORARY_MS = 24 * 3600 * 1000;
/** Content up to this size is hashed before it is written, so that what is there already costs no write. */
const SMALL_BYTES = 4 * 1024 * 1024;

export interface FileStoreOptions {
  /** Absolute path of the folder; made when missing. */
  readonly root: string;
  /** Origin (and path) of the API for whoever gets signed URLs; null: `presign` answers null. */
  readonly publicUrl: string | null;
  /** `always`: an object survives a power cut once `put` has returned; `never`: only the death of the process. */
  readonly sync: "always" | "never";
  /** Keys under these prefixes are never synced, because losing them costs little. */
  readonly volatilePrefixes: readonly string[];
  readonly clock: Clock;
}

export interface FileStore extends ObjectDriver {
  readonly signer: UrlSigner;
}

/** Objects as files below a folder: written aside and renamed, so that readers see whole objects only. */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const { root, publicUrl, clock } = options;
  const layout = layoutOf(root);
  const id = pathToFileURL(root).href;
  const durable = (key: string) =>
    options.sync === "always" && !options.volatilePrefixes.some((prefix) => key.startsWith(prefix));
  const syncFolder = createFolderSync();
  /** Runs one operation on a key and names its failures. */
  const guard = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw mapFileError(error, key, id);
    }
  };

  const signer = await guard("", async () => {
    await mkdir(layout.temporary, { recursive: true });
    await removeStale(layout.temporary, clock.now().getTime() - STALE_TEMPORARY_MS);
    return createUrlSigner(await loadSigningSecret(layout.secret), clock);
  });

  const publish = async (file: WrittenFile, key: string, contentType: string | undefined): Promise<void> => {
    const path = pathOfKey(root, key);
    const typePath = pathOfKey(layout.types, key);
    if (contentType !== undefined && contentType !== guessContentType(key, file.head)) {
      const aside = await writeTemporary(layout.temporary, Buffer.from(contentType), { sync: false });
      await moveIntoPlace(aside.path, typePath);
    } else await removeStoredType(typePath);
    await moveIntoPlace(file.path, path);
    if (durable(key)) await syncFolder(dirname(path));
  };

  const find = (key: string): Promise<ObjectInfo | null> =>
    guard(key, async () => {
      const stats = await statObject(pathOfKey(root, key));
      return stats === null ? null : { key, bytes: stats.size, modifiedAt: stats.mtime };
    });

  const putAt = async (key: string, body: Body, put: PutOptions) => {
    pathOfKey(root, key);
    const file = await writeTemporary(layout.temporary, body, { sync: durable(key), signal: put.signal });
    return removedUnlessMoved(file, async () => {
      assertExpected(key, put, file);
      await publish(file, key, put.contentType);
      return { moved: true, bytes: file.bytes, sha256: file.sha256 };
    });
  };

  /** For bodies that are too large to be held: the key is known when all has been written aside. */
  const putUnknown = async (keyOf: (sha256: Digest) => string, body: Body, put: PutOptions) => {
    const file = await writeTemporary(layout.temporary, body, { sync: options.sync === "always", signal: put.signal });
    return removedUnlessMoved(file, async () => {
      const key = keyOf(file.sha256);
      assertExpected(key, { bytes: put.bytes }, file);
      const stored = (await find(key))?.bytes !== file.bytes;
      if (stored) await publish(file, key, put.contentType);
      return { moved: stored, bytes: file.bytes, sha256: file.sha256, stored };
    });
  };

  return {
    id,
    signer,
    put: (key, body, put = {}) => guard(key, () => putAt(key, body, put)),
    putContent: (keyOf, body, put) =>
      guard("", async () => {
        const content = await gatherSmall(body, SMALL_BYTES, put.signal);
        if (!(content instanceof Uint8Array)) return putUnknown(keyOf, content, put);
        const sha256 = sha256Hex(content);
        const facts = { bytes: content.byteLength, sha256 };
        assertExpected("a new object", put, facts);
        const stored = (await find(keyOf(sha256)))?.bytes !== facts.bytes;
        if (stored) await putAt(keyOf(sha256), content, put);
        return { ...facts, stored };
      }),
    get: (key, get = {}) =>
      guard(key, async () => {
        get.signal?.throwIfAborted();
        const path = pathOfKey(root, key);
        const stats = await statObject(path);
        if (stats === null) throw missing(key, id);
        const { start, bytes } = resolveRange(get.range, stats.size);
        const contentType = (await readStoredType(pathOfKey(layout.types, key))) ?? (await guessType(path, key));
        return {
          body: readRange(path, { start, bytes, expected: stats, signal: get.signal }),
          bytes,
          totalBytes: stats.size,
          contentType,
        };
      }),
    head: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      return find(key);
    },
    delete: (key) => guard(key, () => deleteFile(root, layout.types, key)),
    deleteMany: async (keys, { signal } = {}) => {
      for (const key of keys) {
        signal?.throwIfAborted();
        await guard(key, () => deleteFile(root, layout.types, key));
      }
    },
    list: (prefix, { after = "", signal } = {}) => {
      assertSafePrefix(prefix);
      return listFiles(root, { prefix, after, signal });
    },
    presign: async (key, request) =>
      publicUrl === null ? null : `${publicUrl.replace(/\/+$/, "")}${signer.sign(key, request)}`,
    close: async () => {},
  };
}

/** Null where no file lies under the path; a folder is not an object. */
async function statObject(path: string): Promise<Stats | null> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats : null;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return null;
    throw error;
  }
}

/** Removes the temporary file when it was not moved to its place, for whatever reason. */
async function removedUnlessMoved<Result extends { readonly moved: boolean }>(
  file: WrittenFile,
  work: () => Promise<Result>,
): Promise<Omit<Result, "moved">> {
  let moved = false;
  try {
    const { moved: isMoved, ...result } = await work();
    moved = isMoved;
    return result;
  } finally {
    if (!moved) await rm(file.path, { force: true });
  }
}

async function deleteFile(root: string, types: string, key: string): Promise<void> {
  for (const [folder, path] of [
    [root, pathOfKey(root, key)],
    [types, pathOfKey(types, key)],
  ] as const) {
    if ((await statObject(path)) === null) continue;
    await rm(path, { force: true });
    await pruneEmpty(dirname(path), folder);
  }
}

/** Removes folders that a delete left empty, up to the root. A put that needs one again makes it again. */
async function pruneEmpty(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST", "ENOENT", "EBUSY", "EPERM", "EACCES"].includes(errorCode(error) ?? "")) return;
      throw error;
    }
  }
}

async function removeStale(folder: string, before: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const stats = await statObject(join(folder, name));
    if (stats !== null && stats.mtimeMs < before) await rm(join(folder, name), { force: true });
  }
}
