import { join } from "node:path";
import { cacheLayout } from "@loramill/contracts";
import type { Disk } from "./disk.ts";
import { type Entry, listEntries, readNote } from "./entries.ts";
import type { Locks } from "./lock.ts";
import type { Marks } from "./marks.ts";

/**
 * Removes what was used longest ago, and by nobody now, until so many bytes more fit below the limit. When too much is in use,
 * the limit is passed: a job is worth more than it. Answers what is left.
 */
export async function makeRoom(
  parts: { readonly disk: Disk; readonly folder: string; readonly locks: Locks; readonly marks: Marks },
  room: { readonly bytes: number; readonly maxBytes: number },
): Promise<Entry[]> {
  const left: Entry[] = [];
  const entries = (await listEntries(parts.disk, parts.folder)).sort((a, b) => a.usedMs - b.usedMs);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const entry of entries) {
    if (total + room.bytes > room.maxBytes && (await removeUnused(parts, entry))) total -= entry.bytes;
    else left.push(entry);
  }
  return left;
}

/**
 * False when it is in use, or being fetched. A job marks a file and then reads its note; here the note goes and then marks are
 * looked for, so that one of the two sees the other whatever comes between.
 */
async function removeUnused(parts: Parameters<typeof makeRoom>[0], { sha256 }: Entry): Promise<boolean> {
  const { disk, folder, locks, marks } = parts;
  const at = (path: string) => join(folder, path);
  if (await marks.isUsed(sha256)) return false;
  const lock = await locks.tryTake(sha256);
  if (lock === null) return false;
  try {
    const note = await readNote(disk, folder, sha256);
    await disk.remove(at(cacheLayout.note(sha256)));
    if (await marks.isUsed(sha256)) {
      if (note !== null) await disk.replace(at(cacheLayout.note(sha256)), JSON.stringify(note));
      return false;
    }
    lock.assertHeld();
    await disk.remove(at(cacheLayout.filesOf(sha256)));
    await disk.remove(at(cacheLayout.part(sha256)));
    for (const name of await disk.names(at(cacheLayout.state(sha256)))) {
      // What an owner left that died while it replaced a note.
      if (name.endsWith(".new")) await disk.remove(join(at(cacheLayout.state(sha256)), name));
    }
    return true;
  } finally {
    await lock.release();
    await disk.prune(at(cacheLayout.state(sha256)));
  }
}
