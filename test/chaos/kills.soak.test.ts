import { startRedis } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { machineChaos } from "../support/machine-chaos.ts";
import { leaveNothingBehind } from "../support/soak/leave-nothing.ts";
import { millChaos } from "../support/soak/mill-chaos.ts";
import { type Outcome, tellSoak, writeOutcome, writeSoakLine } from "../support/soak/soak-log.ts";

/** Processes that are killed, in all. */
const KILLS = Number(process.env.SOAK_KILLS ?? 1_000);
const SEED = Number(process.env.SOAK_SEED ?? 1);
const SEEDS = Number(process.env.SOAK_SEEDS ?? 2);
/** `redis`: also where nothing is rented, and with a redis-server or TEST_REDIS_URL; else that queue is in Postgres. */
const QUEUE = process.env.SOAK_QUEUE ?? "postgres";

/** Of the kills of a seed, those where nothing is rented: processes of that world live shorter. */
const MILL_SHARE = 0.7;
const ofSeed = Math.ceil(KILLS / SEEDS);
const ofMill = Math.round(ofSeed * MILL_SHARE);
const ofMachines = ofSeed - ofMill;
const MINUTE_MS = 60_000;
/** Kills without work would prove nothing. */
const MOST_KILLS_PER_RUN = 20;

const seeds = Array.from({ length: SEEDS }, (_, i) => SEED + i);
const outcomes: Outcome[] = [];

function keep(outcome: Outcome): void {
  outcomes.push(outcome);
  writeOutcome(outcome);
}

const watch = leaveNothingBehind();
beforeAll(() => {
  outcomes.push(...tellSoak({ kills: KILLS, seeds, queue: QUEUE }));
});

/** Whether an interrupted soak has done it. */
const isDone = (world: Outcome["world"], seed: number) =>
  outcomes.some((outcome) => outcome.world === world && outcome.seed === seed);

afterAll(async () => {
  await watch.stop();
  const kills: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [app, count] of Object.entries(outcome.kills)) kills[app] = (kills[app] ?? 0) + count;
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  writeSoakLine({
    ...{ passed: `${outcomes.length} of ${2 * SEEDS} worlds`, killed: Object.values(kills).reduce((a, b) => a + b, 0) },
    ...{ kills, runs: sum(({ runs }) => runs), seconds: sum(({ seconds }) => seconds) },
    holds: [...new Set(outcomes.flatMap(({ holds }) => holds))],
  });
});

test.each(seeds)(
  `${ofMill} kills with seed %i: no acknowledged run is lost, nothing is published twice, the ledger balances`,
  async (seed) => {
    if (isDone("mill", seed)) return;
    const redis = QUEUE === "redis" ? await startRedis() : null;
    if (QUEUE === "redis") expect(redis).not.toBeNull();
    try {
      const outcome = await millChaos({ kills: ofMill, seed, redis });
      keep(outcome);
      expect(outcome.runs).toBeGreaterThan(ofMill / MOST_KILLS_PER_RUN);
    } finally {
      await redis?.stop();
    }
  },
);

test.each(seeds)(
  `${ofMachines} kills of processes, and of machines, with seed %i: every run ends, and nothing is paid twice`,
  async (seed) => {
    if (isDone("machines", seed)) return;
    const outcome = await machineChaos({ seed, kills: ofMachines, ms: MINUTE_MS, hasSpot: seed % 2 === 0 });
    if (outcome === null) throw new Error("no redis-server and no TEST_REDIS_URL: machines cannot be killed");
    keep(outcome);
    expect(outcome.machines).toBeGreaterThan(0);
  },
);
