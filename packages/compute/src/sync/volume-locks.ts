import { setTimeout as delay } from "node:timers/promises";
import { cacheLayout, type Digest, type VolumeFiles } from "@loramill/contracts";
import { isFiller, type VolumeClaim } from "./volume-claim.ts";
import { listVolume, type VolumeEntry, type VolumeListing } from "./volume-entries.ts";

/** Who is at work on a volume besides us, as far as its files tell. */
export interface VolumeNeighbours {
  /** Whether an agent uses it, or fetches it now. */
  isBusy(entry: VolumeEntry): Promise<boolean>;
  /**
   * Locks a digest as agents do. Null when one of them has it, or came at the same time; `seen` is what lies there now. Agents
   * wait for it to be released, and take it over when our claim's heartbeat stands still.
   */
  lock(sha256: Digest): Promise<{ readonly seen: VolumeEntry; release(): Promise<void> } | null>;
}

/** As agents have it: a mark whose owner's heart stands still for so long counts no more. */
const ABANDONED_MS = 15 * 60_000;
/** Longer than agents' hearts take to beat. */
const WATCH_MS = 10_000;

export function watchNeighbours(
  volume: VolumeFiles,
  listing: VolumeListing,
  claim: VolumeClaim,
  { signal, watchMs = WATCH_MS }: { readonly signal: AbortSignal; readonly watchMs?: number | undefined },
): VolumeNeighbours {
  let watched: Promise<ReadonlyMap<string, number>> | null = null;

  /** Machines' clocks may be wrong, so that an old heartbeat is looked at twice before it is taken for the last one. */
  async function isLiving(owner: string): Promise<boolean> {
    if (isFiller(owner)) return owner === claim.owner;
    const before = listing.heartbeats.get(owner);
    if (before !== undefined && Math.abs(claim.claimedAt - before) < ABANDONED_MS) return true;
    watched ??= (async () => {
      await delay(watchMs, undefined, { signal });
      return (await listVolume(volume, signal, `${cacheLayout.heartbeats}/`)).heartbeats;
    })();
    return (await watched).get(owner) !== before;
  }

  async function holderOf(sha256: Digest, locks: readonly number[]): Promise<string | null> {
    const key = cacheLayout.lock(sha256, Math.max(...locks));
    if ((await volume.head(key, { signal })) === null) return null;
    return readText(volume, key, signal);
  }

  /** Whether somebody who lives is named by a mark or a lock other than ours. */
  async function isBusy({ sha256, users, locks }: VolumeEntry): Promise<boolean> {
    const holder = locks.length === 0 ? null : await holderOf(sha256, locks);
    const owners = [...users, ...(holder === null || holder === claim.owner ? [] : [holder])];
    for (const owner of owners) if (await isLiving(owner)) return true;
    return false;
  }

  const look = async (sha256: Digest): Promise<VolumeEntry | null> =>
    (await listVolume(volume, signal, `${cacheLayout.state(sha256)}/`)).entries.get(sha256) ?? null;

  return {
    isBusy,
    async lock(sha256) {
      const before = await look(sha256);
      const locks = before?.locks ?? [];
      if (before !== null && (await isBusy({ ...before, users: [] }))) return null;
      const number = Math.max(0, ...locks) + 1;
      const key = cacheLayout.lock(sha256, number);
      claim.assertHeld();
      await volume.put(key, Buffer.from(claim.owner), { signal });
      const release = async () => {
        for (const one of [...locks, number]) await volume.delete(cacheLayout.lock(sha256, one));
      };
      const seen = await look(sha256);
      const isHighest = seen !== null && Math.max(...seen.locks) === number;
      if (isHighest && (await holderOf(sha256, [number])) === claim.owner) return { seen, release };
      await volume.delete(key);
      return null;
    },
  };
}

export async function readText(volume: VolumeFiles, key: string, signal: AbortSignal): Promise<string> {
  const { body } = await volume.get(key, { range: { start: 0, end: MAX_TEXT - 1 }, signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Notes and locks are short. */
const MAX_TEXT = 4_096;
