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
    // A look that fails tells nothing; the next one may.
    if (api.idleMs() >= exitMs && (await hasNothingToDo(catalog).catch(() => false))) return;
    await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function hasNothingToDo({
  runs,
  batches,
  schedules,
}: Pick<Catalog, "batches" | "runs" | "schedules">): Promise<boolean> {
  for (const state of ["planned", "running"] as const) {
    if ((await runs.list({ state, limit: 1 })).items.length > 0) return false;
  }
  return !(await batches.hasWaitingMembers()) && !(await schedules.areAwaited());
}
