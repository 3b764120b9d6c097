import { expect, test } from "vitest";
import { machineChaos } from "../support/machine-chaos.ts";

const SEED = Number(process.env.SOAK_SEED ?? 1);
const SEEDS = Number(process.env.SOAK_SEEDS ?? 10);
/** Processes that are killed, over all seeds. */
const KILLS = Number(process.env.SOAK_KILLS ?? 1_000);
const MINUTE_MS = 60_000;

const seeds = Array.from({ length: SEEDS }, (_, i) => SEED + i);

test.each(seeds)(
  "kills of processes and machines with seed %i: every run ends, and nothing is paid twice",
  async (seed) => {
    const history = await machineChaos({ seed, kills: Math.ceil(KILLS / SEEDS), ms: MINUTE_MS });
    expect(history).not.toBeNull();
    console.log(JSON.stringify({ seed, ...history }));
    expect(history?.machines).toBeGreaterThan(0);
  },
);
