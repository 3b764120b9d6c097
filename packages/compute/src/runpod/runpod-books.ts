import { type BookEntry, type Clock, microUsdFromUsd, PermanentError, TransientError } from "@loramill/contracts";
import type { RunPodClient } from "./runpod-client.ts";
import type { Booked } from "./runpod-machine.ts";

/** How far back pods that are gone are still told of, and how old the books may be that are shown, at most. */
const KEPT_HOURS = 48;
const MAX_AGE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What RunPod has charged, by its own records, hour by hour; an hour changes for `lagMs` after its end. */
export function openRunPodBooks(client: RunPodClient, clock: Clock, lagMs: number) {
  const maxAgeMs = Math.min(MAX_AGE_MS, lagMs);
  let kept: { readonly at: number; readonly byPod: ReadonlyMap<string, Booked> } | null = null;

  async function entries(between: { from: Date; to: Date }, signal?: AbortSignal): Promise<BookEntry[]> {
    const [pods, volumes] = await Promise.all([
      client.billing.pods(between, signal),
      client.billing.volumes(between, signal),
    ]);
    return [
      ...pods.map((one) => ({ kind: "machine" as const, remoteId: one.podId, ...amountOf(one) })),
      ...volumes.map((one) => ({ kind: "volume" as const, remoteId: one.networkVolumeId, ...amountOf(one) })),
    ];
  }

  async function read(now: Date, signal?: AbortSignal): Promise<Map<string, Booked>> {
    const from = new Date(now.getTime() - KEPT_HOURS * HOUR_MS);
    const byPod = new Map<string, Booked>();
    for (const { podId, totalAmount, endTime } of await client.billing.pods({ from, to: now }, signal)) {
      const before = byPod.get(podId);
      const amountMicroUsd = (before?.amountMicroUsd ?? 0) + microUsdFromUsd(totalAmount);
      byPod.set(podId, { amountMicroUsd, to: before !== undefined && before.to > endTime ? before.to : endTime });
    }
    return byPod;
  }

  return {
    entries,
    /**
     * By pod, at most a minute old. Machines are found and given back also where the books are closed to the key or do not
     * answer: what was read last is told then, or nothing.
     */
    async byPod(signal?: AbortSignal): Promise<ReadonlyMap<string, Booked>> {
      const now = clock.now();
      if (kept !== null && now.getTime() - kept.at < maxAgeMs) return kept.byPod;
      try {
        kept = { at: now.getTime(), byPod: await read(now, signal) };
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof PermanentError || error instanceof TransientError)) throw error;
        kept = { at: now.getTime(), byPod: kept?.byPod ?? new Map() };
      }
      return kept.byPod;
    },
  };
}

const amountOf = (record: { startTime: Date; endTime: Date; totalAmount: number }) => ({
  from: record.startTime,
  to: record.endTime,
  amountMicroUsd: microUsdFromUsd(Math.max(0, record.totalAmount)),
});
