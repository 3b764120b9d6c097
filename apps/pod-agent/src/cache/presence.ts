import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheLayout, TransientError } from "@loramill/contracts";
import type { Disk } from "./disk.ts";

/** Time that nobody sets back; its zero means nothing. */
export interface Ticker {
  /** Milliseconds. */
  now(): number;
  /** Returns early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemTicker: Ticker = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/**
 * Who is at work in a cache that several machines may share. Each owner changes its heartbeat file again and again; who looks
 * at it measures by a clock of its own for how long it has not changed, so that no two clocks are ever compared.
 */
export interface Presence {
  readonly owner: string;
  /** Number of this life; null while others may take this process for dead, which a machine that stood still finds out here. */
  life(): number | null;
  /** Whether an owner has been seen without a change for so long. The first look at an owner is always false. */
  isSilent(owner: string, forMs: number): Promise<boolean>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

export const BEAT_MS = 3_000;
/** A lock whose owner is silent for so long is taken over. */
export const LOST_MS = 45_000;

export async function startPresence(parts: {
  readonly disk: Disk;
  readonly folder: string;
  readonly owner: string;
  readonly ticker: Ticker;
}): Promise<Presence> {
  const { disk, owner, ticker } = parts;
  const pathOf = (one: string) => join(parts.folder, cacheLayout.heartbeat(one));
  const seen = new Map<string, { readonly text: string | null; readonly since: number }>();
  const stopped = new AbortController();
  // Not only a count: the heart of an owner that was started again must not stand where it stood.
  const start = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  let beats = 0;
  let lastBeat = ticker.now();
  let life = 1;
  /** Half of what others wait for: who has stood still that long stops writing before anybody else begins. */
  const isLate = () => ticker.now() - lastBeat > LOST_MS / 2;

  async function beat(): Promise<void> {
    const at = ticker.now();
    beats += 1;
    await disk.replace(pathOf(owner), `${start} ${beats}`);
    if (isLate()) life += 1;
    lastBeat = at;
  }

  async function beatOn(): Promise<void> {
    while (!stopped.signal.aborted) {
      await ticker.sleep(BEAT_MS, stopped.signal);
      // A disk that fails for a moment makes this process late, and what it holds is given up then.
      if (!stopped.signal.aborted) await beat().catch(() => undefined);
    }
  }

  await beat();
  const beating = beatOn();
  let stopping: Promise<void> | null = null;
  return {
    owner,
    life: () => (isLate() ? null : life),
    async isSilent(one, forMs) {
      if (one === owner) return false;
      const text = await disk.read(pathOf(one));
      const now = ticker.now();
      const before = seen.get(one);
      if (before !== undefined && before.text === text) return now - before.since >= forMs;
      seen.set(one, { text, since: now });
      return false;
    },
    stop() {
      stopping ??= (async () => {
        stopped.abort();
        await beating;
        await disk.remove(pathOf(owner));
      })();
      return stopping;
    },
  };
}

export const tookTooLong = () =>
  new TransientError("this machine stood still for so long that its lock may be another's", { code: "lock-lost" });
