import {
  type BookEntry,
  type Clock,
  type MachineBill,
  microUsdFromUsd,
  PermanentError,
  TransientError,
} from "@loramill/contracts";
import { orLeave } from "./or-leave.ts";
import type { RunPodClient } from "./runpod-client.ts";
import type { Booked } from "./runpod-machine.ts";

/** How far back pods that are gone are still told of, and how old the books may be that are shown, at most. */
const KEPT_HOURS = 48;
const MAX_AGE_MS = 60_000;
/** For how long machines wait for the books: they are watched and given back without them. */
const PATIENCE_MS = 5_000;
const HOUR_MS = 3_600_000;

/** Time in which something is charged for. */
interface Life {
  readonly from: Date;
  readonly to: Date;
}

/**
 * What RunPod has charged, by its own records, hour by hour; an hour changes for `lagMs` after its end. `endpoint` is the id of the
 * serverless endpoint that is ours.
 */
export function openRunPodBooks(
  client: RunPodClient,
  options: {
    readonly clock: Clock;
    readonly lagMs: number;
    readonly endpoint: string | null;
    readonly patienceMs?: number;
  },
) {
  const { clock, lagMs, endpoint, patienceMs = PATIENCE_MS } = options;
  const maxAgeMs = Math.min(MAX_AGE_MS, lagMs);
  let kept: { readonly at: number; readonly byPod: ReadonlyMap<string, Booked> } | null = null;
  let opening: Promise<ReadonlyMap<string, Booked>> | null = null;

  async function entries(between: Life, signal?: AbortSignal): Promise<BookEntry[]> {
    const [pods, volumes, requests] = await Promise.all([
      client.billing.pods(between, signal),
      client.billing.volumes(between, signal),
      endpoint === null ? [] : client.billing.endpoint(endpoint, between, signal),
    ]);
    return [
      ...pods.map((one) => entryOf("machine", one.podId, one)),
      ...volumes.map((one) => entryOf("volume", one.networkVolumeId, one)),
      ...requests.map((one) => entryOf("endpoint", one.serverlessId, one)),
    ];
  }

  async function read(asked: Life & { readonly podId?: string }, signal?: AbortSignal): Promise<Map<string, Booked>> {
    const byPod = new Map<string, Booked>();
    for (const { podId: id, endTime, ...record } of await client.billing.pods(asked, signal)) {
      const before = byPod.get(id);
      const amountMicroUsd = (before?.amountMicroUsd ?? 0) + amountOf(record).amountMicroUsd;
      byPod.set(id, { amountMicroUsd, to: before !== undefined && before.to > endTime ? before.to : endTime });
    }
    return byPod;
  }

  async function open(): Promise<ReadonlyMap<string, Booked>> {
    const late = AbortSignal.timeout(patienceMs);
    let byPod = kept?.byPod ?? new Map();
    try {
      byPod = await read(lately(clock.now()), late);
    } catch (error) {
      if (!(late.aborted || error instanceof PermanentError || error instanceof TransientError)) throw error;
    }
    // Only now: a wait must not use up the time for which its outcome is kept.
    kept = { at: clock.now().getTime(), byPod };
    return byPod;
  }

  return {
    entries,
    /**
     * All that a pod came to in its life; null while the books have nothing of it. It is final when neither its last hour in the
     * books nor the hour in which it ended changes any more: books that are behind must not end a bill early.
     */
    async ofPod(podId: string, { from, to }: Life, signal?: AbortSignal): Promise<MachineBill | null> {
      const now = clock.now();
      const booked = (await read({ from, to: now, podId }, signal)).get(podId);
      if (booked === undefined) return null;
      const settledBy = new Date(now.getTime() - lagMs);
      const isFinal = booked.to <= settledBy && to <= settledBy;
      return { seconds: 0, amountMicroUsd: booked.amountMicroUsd, isFinal };
    },
    /**
     * Of the last two days by pod, at most a minute old. Machines are found and given back also where the books are closed to the
     * key, do not answer, or never end their answer: after `patienceMs` what was read last is told, or nothing, and for a minute
     * nobody waits again. One reading is for all who ask meanwhile.
     */
    async byPod(signal?: AbortSignal): Promise<ReadonlyMap<string, Booked>> {
      if (kept !== null && clock.now().getTime() - kept.at < maxAgeMs) return kept.byPod;
      opening ??= open().finally(() => {
        opening = null;
      });
      return orLeave(opening, signal);
    },
  };
}

const lately = (now: Date): Life => ({ from: new Date(now.getTime() - KEPT_HOURS * HOUR_MS), to: now });

/** A credit is no cost of a machine: it is left to the account. */
const amountOf = ({ totalAmount }: { totalAmount: number }) => ({
  amountMicroUsd: microUsdFromUsd(Math.max(0, totalAmount)),
});

const entryOf = (
  kind: BookEntry["kind"],
  remoteId: string,
  { startTime, endTime, totalAmount }: { startTime: Date; endTime: Date; totalAmount: number },
): BookEntry => ({ kind, remoteId, from: startTime, to: endTime, ...amountOf({ totalAmount }) });
