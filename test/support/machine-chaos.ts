import { setTimeout as wait } from "node:timers/promises";
import type { RunView } from "@loramill/contracts";
import { seededRandom } from "@loramill/testkit";
import { expect } from "vitest";
import type { Role } from "./fleet.ts";
import { expectBalance, type MachineMill, SAVE_EVERY_STEPS, STEPS, startMachineMill } from "./machines.ts";
import { type Recovery, readRecoveries, type Taking, tellRecovery } from "./recoveries.ts";
import { finished, stepOf } from "./runs.ts";

const roles: readonly Role[] = [
  { app: "api", ready: "listening", processes: 1, lifeMs: [10_000, 40_000] },
  { app: "dispatcher", ready: "leads", processes: 1, lifeMs: [4_000, 30_000] },
  { app: "curator", ready: "taking jobs", processes: 1, lifeMs: [10_000, 40_000] },
  { app: "trainer", ready: "taking jobs", processes: 2, lifeMs: [4_000, 25_000] },
  { app: "provisioner", ready: "taking jobs", processes: 2, lifeMs: [4_000, 25_000] },
];

const MOVES = ["preempt", "kill", "vanish", "starve"] as const;
/** Runs that are open at one moment. */
const OPEN_RUNS = 3;
/** Milliseconds between two moves against machines, at least and at most. */
const PAUSE_MS = [2_000, 8_000] as const;
const STEP_MS = 120;
const MOST_STARVED_SECONDS = 3;
const STARVED_STEPS = (MOST_STARVED_SECONDS * 1_000) / STEP_MS;

export interface ChaosHistory {
  readonly kills: number;
  /** Moves against machines, by kind. */
  readonly moves: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly machines: number;
  readonly billedMicroUsd: number;
  /** Times that a training was begun or gone on with. */
  readonly starts: number;
  /** Steps that were computed more than once. */
  readonly stepsLost: number;
  /** From moves that took a training's machine to its next submission, in seconds; the slowest first. */
  readonly recoverySeconds: readonly number[];
}

/**
 * Trains while processes are killed and machines are taken, killed and starved at random, until there were `kills` of the one and
 * `ms` have passed; then lets everything come to its end, and holds what happened to what was promised. Null without a Redis.
 */
export async function machineChaos(options: { readonly seed: number; readonly kills: number; readonly ms: number }) {
  const { seed, kills, ms } = options;
  const mill = await startMachineMill({ roles, kills, seed, stepMs: STEP_MS });
  if (mill === null) return null;
  try {
    const harm = openHarm(mill, seededRandom(seed));
    const submitted: string[] = [];
    const until = Date.now() + ms;
    let over = false;
    const killed = mill.processes.killed.then(() => {
      over = true;
    });
    const submitting = keepOpen(mill, submitted, () => !over || Date.now() < until);
    while (!over || Date.now() < until) {
      await harm.next();
      if (mill.processes.complaints.length > 0) break;
    }
    await killed;
    expect(mill.processes.complaints).toEqual([]);
    await submitting;
    const runs: RunView[] = [];
    for (const id of submitted) runs.push(await finished(mill.client, id, 180_000));
    return await checkHistory(mill, runs, harm);
  } catch (error) {
    console.error(await tellAll(mill));
    throw error;
  } finally {
    await mill.close();
  }
}

/** Does something to a machine that is rented now, if there is one. */
function openHarm({ runpod }: MachineMill, random: () => number) {
  const done: Record<string, number> = {};
  const taken: Taking[] = [];
  return {
    done,
    taken,
    async next(): Promise<void> {
      // Drawn before anything happens, so that how long things take does not change what is drawn.
      const [pause, which, how, seconds] = [random(), random(), random(), random()];
      await wait(PAUSE_MS[0] + pause * (PAUSE_MS[1] - PAUSE_MS[0]));
      const living = (await runpod.account()).pods.filter(({ isListed, isStopped }) => isListed && !isStopped);
      const victim = living[Math.floor(which * living.length)];
      const move = MOVES[Math.floor(how * MOVES.length)];
      if (victim === undefined || move === undefined) return;
      if (move !== "starve") taken.push({ pod: victim.name, how: move, at: Date.now() });
      await runpod.move({ pod: victim.id, how: move, seconds: 1 + (MOST_STARVED_SECONDS - 1) * seconds });
      done[move] = (done[move] ?? 0) + 1;
    },
  };
}

/** Keeps some runs open for as long as it is wanted. An API that was just killed is asked again. */
async function keepOpen({ client, spec }: MachineMill, submitted: string[], isWanted: () => boolean): Promise<void> {
  let open: string[] = [];
  while (isWanted()) {
    const seed = submitted.length + 1;
    const key = { idempotencyKey: `chaos-${seed}` };
    if (open.length < OPEN_RUNS) {
      const run = await client.createRun(spec(seed), key).catch(() => null);
      if (run !== null) {
        submitted.push(run.id);
        open.push(run.id);
      }
    }
    await wait(500);
    const views = await Promise.all(open.map((id) => client.getRun(id).catch(() => null)));
    open = open.filter((_, i) => views[i]?.endedAt == null);
  }
}

async function checkHistory(
  mill: MachineMill,
  runs: readonly RunView[],
  { done, taken }: { readonly done: Record<string, number>; readonly taken: readonly Taking[] },
): Promise<ChaosHistory> {
  expect(runs.map(({ id, state, error }) => ({ id, state, error }))).toEqual(
    runs.map(({ id }) => ({ id, state: "succeeded", error: null })),
  );
  for (const run of runs) expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: STEPS });
  const billedMicroUsd = await expectBalance(mill);

  const starts = (await mill.trainer.starts()).length;
  const stepsLost = (await mill.trainer.steps()).length - runs.length * STEPS;
  expect(starts).toBeGreaterThanOrEqual(runs.length);
  // Of each start: what came after the newest checkpoint that had reached the store, while the next one was on its way; and
  // what was trained while the agent of a starved machine stood still, which uploads nothing then.
  expect(stepsLost).toBeLessThanOrEqual(
    (starts - runs.length) * 2 * SAVE_EVERY_STEPS + (done.starve ?? 0) * STARVED_STEPS,
  );
  const recoveries: Recovery[] = [];
  for (const { id } of runs) recoveries.push(...(await readRecoveries(mill.catalog, id, taken)));
  const [slowest] = recoveries.sort((a, b) => b.seconds - a.seconds);
  if (slowest !== undefined) console.log(tellRecovery(slowest));
  return {
    ...{ kills: mill.processes.kills, moves: done, runs: runs.length, billedMicroUsd, starts, stepsLost },
    machines: (await mill.runpod.account()).pods.length,
    recoverySeconds: recoveries.map(({ seconds }) => Math.round(seconds)),
  };
}

/** What a person would look at first when something did not come to its end. */
async function tellAll({ catalog, runpod, processes }: MachineMill): Promise<string> {
  const pods = await catalog.fleet.pods();
  const { rows: jobs } = await catalog.pool.query(
    `select run, name, state, release, epoch, not_before, heartbeat_at, enqueued_at, attempts_spent, turn, error
     from loramill.jobs where state not in ('succeeded', 'failed', 'cancelled')`,
  );
  const { rows: events } = await catalog.pool.query(
    `select at, run, type, data from loramill.run_events where type <> 'job.progress' order by id desc limit 60`,
  );
  const decisions = (await catalog.pool.query("select decisions, planned_at, stopped from loramill.fleet")).rows;
  const account = await runpod.account();
  const all = { complaints: processes.complaints, decisions, pods, jobs, events: events.reverse(), account };
  return Object.entries(all)
    .map(
      ([what, value]) =>
        `${what}:\n${[value]
          .flat()
          .map((one) => `  ${JSON.stringify(one)}`)
          .join("\n")}`,
    )
    .join("\n");
}
