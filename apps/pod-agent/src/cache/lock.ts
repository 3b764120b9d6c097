import { join } from "node:path";
import { cacheLayout, type Digest, lockNumber } from "@loramill/contracts";
import type { Disk } from "./disk.ts";
import { LOST_MS, type Presence, type Ticker, tookTooLong } from "./presence.ts";

/** The right to change what a cache has of one digest. Losing it costs work and never a file, which has a digest of its own. */
export interface Lock {
  /** TransientError `lock-lost` when another may have taken it over. */
  assertHeld(): void;
  release(): Promise<void>;
}

export interface Locks {
  /** Null when somebody who lives has it. */
  tryTake(sha256: Digest): Promise<Lock | null>;
  /** Waits for it. */
  take(sha256: Digest, signal: AbortSignal): Promise<Lock>;
  /** Gives back what an earlier life of this owner held. */
  forgetPast(sha256: Digest): Promise<void>;
}

const LOOK_MS = 2_000;

/**
 * Locks are files with ascending numbers, written only where there is none; the highest holds. Who takes over from a lost owner
 * writes the next number, which only one can, and who comes back to life sees a higher one than its own.
 */
export function createLocks(parts: {
  readonly disk: Disk;
  readonly folder: string;
  readonly presence: Presence;
  readonly ticker: Ticker;
}): Locks {
  const { disk, presence, ticker } = parts;
  const held = new Set<Digest>();

  async function numbers(sha256: Digest): Promise<number[]> {
    const names = await disk.names(join(parts.folder, cacheLayout.state(sha256)));
    return names.flatMap((name) => lockNumber(name) ?? []).sort((a, b) => a - b);
  }

  async function write(sha256: Digest): Promise<string | null> {
    const pathOf = (number: number) => join(parts.folder, cacheLayout.lock(sha256, number));
    const there = await numbers(sha256);
    const top = there.at(-1) ?? 0;
    const holder = top === 0 ? null : await disk.read(pathOf(top));
    if (top > 0) {
      if (holder === null) return null;
      // One of an earlier life of this owner is nobody's.
      if (holder !== presence.owner && !(await presence.isSilent(ownerIn(holder), LOST_MS))) return null;
    }
    const path = pathOf(top + 1);
    if (!(await disk.create(path, presence.owner))) return null;
    // What the decision was made on may have changed before the file was written.
    const now = await numbers(sha256);
    const isBased = top === 0 || (await disk.read(pathOf(top))) === holder;
    if (now.at(-1) !== top + 1 || !isBased) {
      await disk.remove(path);
      return null;
    }
    for (const number of now.slice(0, -1)) await disk.remove(pathOf(number));
    return path;
  }

  async function tryTake(sha256: Digest): Promise<Lock | null> {
    const life = presence.life();
    if (held.has(sha256) || life === null) return null;
    held.add(sha256);
    const path = await write(sha256).catch((error: unknown) => {
      held.delete(sha256);
      throw error;
    });
    if (path === null) {
      held.delete(sha256);
      return null;
    }
    const isHeld = () => presence.life() === life;
    return {
      assertHeld() {
        if (!isHeld()) throw tookTooLong();
      },
      async release() {
        try {
          // Another's file may have that name by now.
          if (isHeld()) await disk.remove(path);
        } finally {
          held.delete(sha256);
        }
      },
    };
  }

  return {
    tryTake,
    async forgetPast(sha256) {
      if (held.has(sha256)) return;
      for (const number of await numbers(sha256)) {
        const path = join(parts.folder, cacheLayout.lock(sha256, number));
        if ((await disk.read(path)) === presence.owner) await disk.remove(path);
      }
    },
    async take(sha256, signal) {
      for (;;) {
        signal.throwIfAborted();
        const lock = await tryTake(sha256);
        if (lock !== null) return lock;
        await ticker.sleep(LOOK_MS, signal);
      }
    },
  };
}

/** A lock whose writer died before it wrote its name has an owner that never shows a sign of life. */
const ownerIn = (text: string): string => (/^[\w-]{1,64}$/.test(text) ? text : "nobody");
