import { join } from "node:path";
import { cacheLayout, type Digest, userOf } from "@loramill/contracts";
import type { Disk } from "./disk.ts";
import type { Presence } from "./presence.ts";

/**
 * A mark of use whose owner is silent for so long counts no more. Longer than a lock's: a trainer lives on while its agent is
 * started again.
 */
export const ABANDONED_MS = 15 * 60_000;

/** Which files jobs of this agent work with, told to all who share the cache by a file each. */
export interface Marks {
  /** Counted at once, on the disk when it returns. The answer takes it back; safe to call twice. */
  add(sha256: Digest): Promise<() => Promise<void>>;
  /** Whether a job of anybody uses it, as far as is known. */
  isUsed(sha256: Digest): Promise<boolean>;
  /** Takes back the mark of this owner when no job of this life has it. */
  forgetPast(sha256: Digest): Promise<void>;
}

export function createMarks(disk: Disk, folder: string, presence: Presence): Marks {
  const counts = new Map<Digest, number>();
  const turns = new Map<Digest, Promise<void>>();
  const pathOf = (sha256: Digest, owner = presence.owner) => join(folder, cacheLayout.use(sha256, owner));

  /** Puts the disk in the state that the count says. One after another, so that a late removal takes no new mark. */
  function settle(sha256: Digest): Promise<void> {
    const turn = (turns.get(sha256) ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        if ((counts.get(sha256) ?? 0) > 0) await disk.create(pathOf(sha256), presence.owner);
        else await disk.remove(pathOf(sha256));
      })
      .finally(() => {
        if (turns.get(sha256) === turn) turns.delete(sha256);
      });
    turns.set(sha256, turn);
    return turn;
  }

  function change(sha256: Digest, by: 1 | -1): void {
    const count = (counts.get(sha256) ?? 0) + by;
    if (count === 0) counts.delete(sha256);
    else counts.set(sha256, count);
  }

  return {
    async add(sha256) {
      change(sha256, 1);
      let isTaken = true;
      const release = async () => {
        if (!isTaken) return;
        isTaken = false;
        change(sha256, -1);
        if (!counts.has(sha256)) await settle(sha256);
      };
      try {
        await settle(sha256);
        return release;
      } catch (error) {
        isTaken = false;
        change(sha256, -1);
        throw error;
      }
    },
    async isUsed(sha256) {
      if (counts.has(sha256)) return true;
      const names = await disk.names(join(folder, cacheLayout.state(sha256)));
      for (const owner of names.flatMap((name) => userOf(name) ?? [])) {
        if (owner !== presence.owner && !(await presence.isSilent(owner, ABANDONED_MS))) return true;
      }
      return false;
    },
    async forgetPast(sha256) {
      if (!counts.has(sha256)) await settle(sha256);
    },
  };
}
