import { setTimeout as delay } from "node:timers/promises";
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
  let ring = new AbortController();
  const wake = () => {
    ring.abort();
    ring = new AbortController();
  };

  async function lane(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      // Taken before the look: a turn that is given during it cuts the pause short all the same.
      const rung = ring.signal;
      let worked = false;
      try {
        worked = await startFire(deps, signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1)
          deps.log.warn({ error: toErrorRecord(error).message }, "fires are not looked at; trying again");
      }
      if (!worked) await pause(lookMs, AbortSignal.any([signal, rung]));
    }
  }

  const listening = await deps.catalog.listen("loramill_fires", wake, signal);
  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  return {
    async close() {
      stopping.abort();
      await Promise.all([lanes, listening.close()]);
    },
  };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {});
