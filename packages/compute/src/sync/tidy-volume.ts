import { cacheLayout, type VolumeFiles } from "@loramill/contracts";
import type { VolumeListing } from "./volume-entries.ts";
import type { VolumeNeighbours } from "./volume-locks.ts";

/** Takes away what was left by who died: locks that nobody holds, and the marks and names of files that are no more. */
export async function tidyVolume(
  volume: VolumeFiles,
  neighbours: VolumeNeighbours,
  { entries, packs }: VolumeListing,
): Promise<void> {
  for (const [key, sha256] of packs) {
    if (!((entries.get(sha256)?.files.size ?? 0) > 0)) await volume.delete(key);
  }
  for (const entry of entries.values()) {
    const { sha256, locks, bytes, keys } = entry;
    if (locks.length > 0 && !(await neighbours.isBusy({ ...entry, users: [] }))) {
      for (const number of locks.splice(0)) await volume.delete(cacheLayout.lock(sha256, number));
    }
    if (bytes > 0 || (await neighbours.isBusy(entry))) continue;
    for (const key of keys) await volume.delete(key);
  }
}
