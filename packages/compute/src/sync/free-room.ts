import { cacheLayout, type Digest, type VolumeFiles } from "@loramill/contracts";
import type { VolumeEntry, VolumeListing } from "./volume-entries.ts";
import { readText, type VolumeNeighbours } from "./volume-locks.ts";

/** Who asks for room on a volume. */
export interface RoomParts {
  readonly volume: VolumeFiles;
  readonly neighbours: VolumeNeighbours;
  /** Candidates, what was used longest ago first; those that were looked at are taken out. */
  readonly candidates: VolumeEntry[];
  /** Names that go with their files. */
  readonly packs: VolumeListing["packs"];
  readonly signal: AbortSignal;
}

/** Removes what was used longest ago and by nobody now, until so many bytes are free or nothing is left to remove. */
export async function freeRoom(parts: RoomParts, bytes: number): Promise<{ bytes: number; removed: Digest[] }> {
  const removed: Digest[] = [];
  let freed = 0;
  while (freed < bytes) {
    const entry = parts.candidates.shift();
    if (entry === undefined) break;
    if (!(await removeUnused(parts, entry))) continue;
    freed += entry.bytes;
    removed.push(entry.sha256);
  }
  return { bytes: freed, removed };
}

/**
 * An agent marks a file and then reads its note; here the note goes and then marks are looked for, so that one of the two sees
 * the other whatever comes between. What an agent would verify anew meanwhile is locked.
 */
async function removeUnused({ volume, neighbours, packs, signal }: RoomParts, entry: VolumeEntry): Promise<boolean> {
  const { sha256 } = entry;
  if (await neighbours.isBusy(entry)) return false;
  const lock = await neighbours.lock(sha256);
  if (lock === null) return false;
  const noteKey = cacheLayout.note(sha256);
  try {
    const note = lock.seen.hasNote ? await readText(volume, noteKey, signal) : null;
    await volume.delete(noteKey);
    const marks: string[] = [];
    for await (const { key } of volume.list(cacheLayout.use(sha256, ""), { signal })) marks.push(key);
    const known = new Set(entry.users.map((user) => cacheLayout.use(sha256, user)));
    if (marks.some((key) => !known.has(key))) {
      if (note !== null) await volume.put(noteKey, Buffer.from(note), { signal });
      return false;
    }
    for (const name of entry.files.keys()) await volume.delete(cacheLayout.file(sha256, name));
    await volume.delete(cacheLayout.part(sha256));
    for (const [key, packed] of packs) if (packed === sha256) await volume.delete(key);
    for (const key of marks) await volume.delete(key);
    return true;
  } finally {
    // One that stays is taken over as soon as our heart stands still.
    await lock.release().catch(() => undefined);
  }
}
