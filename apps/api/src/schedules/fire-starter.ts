import type { Catalog } from "@loramill/catalog";
import { toErrorRecord } from "@loramill/contracts";
import { type FireDeps, startFire } from "./start-fire.ts";

/** Between two looks of its own, beside those that the dispatcher asks for. */
const LOOK_MS = 2_000;
/** Fires that one process plans at once. */
const LANES = 2;

export interface FireStarter {
  /** Gives back what is being planned. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts the runs of schedules as their turn comes; any number of processes may. */
export async function openFireStarter({
  lookMs = LOOK_MS,
  ...deps
}: Omit<FireDeps, "catalog"> & {
  readonly catalog: FireDeps["catalog"] & Pick<Catalog, "listen">;
  readonly lookMs?: number;
}): Promise<FireStarter> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const each of [...waiting]) each();
  };
  const pause = () =>
    new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, lookMs);
      waiting.add(end);
    });

  async function lane(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const worked = await startFire(deps, signal);
        failures = 0;
        if (!worked) await pause();
      } catch (error) {
        failures += 1;
        if (failures === 1)
          deps.log.warn({ error: toErrorRecord(error).message }, "fires are not looked at; trying again");
        await pause();
      }
    }
  }

  const listening = await deps.catalog.listen("loramill_fires", wake, signal);
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  return {
    async close() {
      stopping.abort();
      wake();
      await Promise.all([lanes, listening.close()]);
    },
  };
}
