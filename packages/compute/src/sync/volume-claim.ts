import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { cacheLayout, TransientError, type VolumeFiles } from "@loramill/contracts";

/** The right to fill a volume's cache, which also shows agents that its locks are somebody's. */
export interface VolumeClaim {
  readonly owner: string;
  /** The volume's clock when it was claimed, in milliseconds: the only one that the ages of its files are told by. */
  readonly claimedAt: number;
  /** TransientError `lock-lost` when another may have claimed it. */
  assertHeld(): void;
  /** Safe to call twice. */
  release(): Promise<void>;
}

export interface ClaimParts {
  readonly volume: VolumeFiles;
  readonly signal: AbortSignal;
  /** Milliseconds that nobody sets back. */
  readonly now: () => number;
}

const PREFIX = "sync-";
/** Whether an owner is one who fills volumes: while somebody has a claim, no other of them is at work. */
export const isFiller = (owner: string): boolean => owner.startsWith(PREFIX);
const BEAT_MS = 5_000;
/** A claim that was not renewed for so long is nobody's. */
export const CLAIM_MS = 90_000;
/** A heartbeat of that age is of a machine that is long gone. */
const FORGOTTEN_MS = 24 * 3_600_000;

/**
 * Claims are objects that their owners renew. Who asks writes its own and then looks for others: whoever comes second sees the
 * first, and two that come together both step back, so that no conditional write is needed. Null when another has the volume.
 */
export async function claimVolume({ volume, signal, now }: ClaimParts): Promise<VolumeClaim | null> {
  const owner = `${PREFIX}${randomUUID()}`;
  const key = cacheLayout.heartbeat(owner);
  let beats = 0;
  let lastBeat = now();
  async function beat(): Promise<void> {
    const at = now();
    beats += 1;
    await volume.put(key, Buffer.from(`${owner} ${beats}`), { signal });
    lastBeat = at;
  }

  const isFree = async (): Promise<number | null> => {
    await beat();
    const times = new Map<string, number>();
    const prefix = `${cacheLayout.heartbeats}/`;
    for await (const found of volume.list(prefix, { signal })) times.set(found.key, found.modifiedAt.getTime());
    const claimedAt = times.get(key);
    if (claimedAt === undefined) return null;
    for (const [other, at] of times) {
      const isClaim = other.startsWith(`${prefix}${PREFIX}`) && other !== key;
      if (isClaim && claimedAt - at < CLAIM_MS) return null;
      if (isClaim || claimedAt - at > FORGOTTEN_MS) await volume.delete(other);
    }
    return claimedAt;
  };
  const claimedAt = await isFree().catch(async (error: unknown) => {
    // One that stays blocks others for a minute and a half, no more.
    await volume.delete(key).catch(() => undefined);
    throw error;
  });
  if (claimedAt === null) {
    await volume.delete(key);
    return null;
  }

  const stopped = new AbortController();
  const beating = (async () => {
    const either = AbortSignal.any([stopped.signal, signal]);
    while (!either.aborted) {
      await delay(BEAT_MS, undefined, { signal: either }).catch(() => undefined);
      // A claim that cannot be renewed is found out where it is asserted.
      if (!either.aborted) await beat().catch(() => undefined);
    }
  })();
  let isLost = false;
  let releasing: Promise<void> | null = null;
  return {
    owner,
    claimedAt,
    assertHeld() {
      isLost ||= now() - lastBeat > CLAIM_MS / 2;
      if (isLost) throw new TransientError(`the claim on ${volume.id} could not be renewed`, { code: "lock-lost" });
    },
    release() {
      releasing ??= (async () => {
        stopped.abort();
        await beating;
        await volume.delete(key);
      })();
      return releasing;
    },
  };
}
