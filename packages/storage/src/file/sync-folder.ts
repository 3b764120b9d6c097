import { type FileHandle, open } from "node:fs/promises";
import { errorCode } from "./errors.ts";

/**
 * Makes renames in folders durable. Callers that come while a folder is being synced share the next sync, so that many
 * writers of one folder cost a few syncs, not one each.
 */
export function createFolderSync(
  sync: (folder: string) => Promise<void> = syncFolder,
): (folder: string) => Promise<void> {
  const folders = new Map<string, { running: Promise<void>; next: Promise<void> | null }>();
  return (folder) => {
    const start = (): Promise<void> => {
      const entry = { running: sync(folder), next: null };
      folders.set(folder, entry);
      const end = () => {
        if (folders.get(folder) === entry && entry.next === null) folders.delete(folder);
      };
      entry.running.then(end, end);
      return entry.running;
    };
    const current = folders.get(folder);
    if (current === undefined) return start();
    // A sync that began before this rename may have missed it.
    current.next ??= current.running.then(start, start);
    return current.next;
  };
}

/** Windows has no handles on folders, and needs none for that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  let handle: FileHandle;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    // Pruned meanwhile, so the object was deleted and there is nothing to keep.
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
