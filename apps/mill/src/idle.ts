import { setTimeout as wait } from "node:timers/promises";
import type { RunningApi } from "@loramill/api";
import type { Catalog } from "@loramill/catalog";

const LOOK_MS = 1_000;

/**
 * Resolves when nobody has asked for anything for `exitMs`, no run is open or to be planned and no schedule will fire, or when
 * the signal aborts.
 */
export async function untilIdle(options: {
  api: Pick<RunningApi, "idleMs">;
  catalog: Pick<Catalog, "batches" | "runs" | "schedules">;
  exitMs: number;
  signal: AbortSignal;
}): Promise<void> {
  const { api, catalog, exitMs, signal } = options;
  while (!signal.aborted) {
    if (api.idleMs() >= exitMs) {
      const open = await Promise.all(
        (["planned", "running"] as const).map((state) => catalog.runs.list({ state, limit: 1 })),
      );
      const isQuiet = open.every((page) => page.items.length === 0);
      const isAwaited =
        isQuiet && ((await catalog.batches.hasWaitingMembers()) || (await catalog.schedules.areAwaited()));
      if (isQuiet && !isAwaited) return;
    }
    await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
