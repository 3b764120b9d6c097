import type { Stats } from "node:fs";
import { mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock, ObjectInfo } from "@loramill/contracts";
import { assertExpected, missing, resolveRange } from "../bytes.ts";
import type { ObjectDriver } from "../driver.ts";
import { assertSafePrefix } from "../keys.ts";
import { createUrlSigner, type UrlSigner } from "../signed-url.ts";
import { guessContentType, guessType, readStoredType, removeStoredType } from "./content-type.ts";
import { errorCode, mapFileError } from "./errors.ts";
import { listFiles } from "./list-files.ts";
import { layoutOf, pathOfKey } from "./paths.ts";
import { readRange } from "./read-file.ts";
import { loadSigningSecret } from "./signing-secret.ts";
import { moveIntoPlace, type WrittenFile, writeTemporary } from "./write-file.ts";

/** Temporary files older than this are of processes that died. */
const STALE_TEMPORARY_MS = 24 * 3600 * 1000;

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
      await moveIntoPlace(aside.path, typePath, { sync: false });
    } else await removeStoredType(typePath);
    await moveIntoPlace(file.path, path, { sync: durable(key) });
  };

  const find = (key: string): Promise<ObjectInfo | null> =>
    guard(key, async () => {
      const stats = await statObject(pathOfKey(root, key));
      return stats === null ? null : { key, bytes: stats.size, modifiedAt: stats.mtime };
    });

  return {
    id,
    signer,
    put: (key, body, put = {}) =>
      guard(key, async () => {
        pathOfKey(root, key);
        const file = await writeTemporary(layout.temporary, body, { sync: durable(key), signal: put.signal });
        return withRemoval(file, async () => {
          assertExpected(key, put, file);
          await publish(file, key, put.contentType);
          return { bytes: file.bytes, sha256: file.sha256 };
        });
      }),
    putContent: (keyOf, body, put) =>
      guard("", async () => {
        const file = await writeTemporary(layout.temporary, body, {
          sync: options.sync === "always",
          signal: put.signal,
        });
        return withRemoval(file, async () => {
          const key = keyOf(file.sha256);
          assertExpected(key, { bytes: put.bytes }, file);
          const stored = (await find(key))?.bytes !== file.bytes;
          if (stored) await publish(file, key, put.contentType);
          return { bytes: file.bytes, sha256: file.sha256, stored };
        });
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

/** Removes the temporary file whatever happens; after a rename it is gone already. */
async function withRemoval<T>(file: WrittenFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await rm(file.path, { force: true });
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
