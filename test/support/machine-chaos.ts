import { setTimeout as wait } from "node:timers/promises";
import type { JobId, RunView } from "@loramill/contracts";
import { seededRandom } from "@loramill/testkit";
import { expect } from "vitest";
import type { Role } from "./fleet.ts";
import { checkHistory } from "./history/check-history.ts";
import { openHistory } from "./history/history.ts";
import { type Loss, readLostWork, type Standstill } from "./lost-work.ts";
import { expectBalance, type MachineMill, SAVE_EVERY_STEPS, STEPS, startMachineMill } from "./machines.ts";
import { type Recovery, readRecoveries, type Taking, tellRecovery } from "./recoveries.ts";
import { finished, stepOf } from "./runs.ts";
import { countKills, type Outcome, slowestClaim } from "./soak/soak-log.ts";

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
/** Machines that are taken, at least. */
const LEAST_TAKEN = 3;
const STEP_MS = 120;
const MOST_STARVED_SECONDS = 3;
/** From the loss of a training's machine to its next submission. */
const MOST_RECOVERY_SECONDS = 45;

export interface MachinesOutcome extends Outcome {
  /** Moves against machines, by kind. */
  readonly moves: Readonly<Record<string, number>>;
  readonly machines: number;
  readonly billedMicroUsd: number;
  /** Times that a training was begun or gone on with. */
  readonly starts: number;
  /** Steps that were computed more than once. */
  readonly stepsLost: number;
  /** The most that was computed once more after one end of a trainer. */
  readonly mostStepsLost: number;
  /** From a save on the disk to its commit in the store: half of them, and the slowest. */
  readonly uploadMs: { readonly p50: number; readonly most: number };
  /** From moves that took a training's machine to its next submission, in seconds; the slowest first. */
  readonly recoverySeconds: readonly number[];
}

/** What `expectBalance` holds. */
const BALANCE = "machines are charged what they are billed, and none is left or rented twice";
/** What `expectSmall` holds of each end of a trainer. */
const LITTLE_IS_LOST = "no more work is lost than came after the newest checkpoint that could have reached the store";
/** Of each training and each machine that was taken from it. */
const IS_QUICK = `a training whose machine was taken has another within ${MOST_RECOVERY_SECONDS} s`;

/**
 * Trains while processes are killed and machines are taken, killed and starved at random, until there were `kills` of the one and
 * `ms` have passed; then lets everything come to its end, and holds what happened to what was promised. Null without a Redis.
 */
export async function machineChaos(options: {
  readonly seed: number;
  readonly kills: number;
  readonly ms: number;
}): Promise<MachinesOutcome | null> {
  const { seed, kills, ms } = options;
  const startedAt = Date.now();
  const mill = await startMachineMill({ roles, kills, seed, stepMs: STEP_MS });
  if (mill === null) return null;
  try {
    const harm = openHarm(mill, seededRandom(seed));
    const submitted: string[] = [];
    const until = Date.now() + ms;
    let over = false;
    // On a busy machine trainings come to their machines late, and then longer is needed to take some.
    const goesOn = () =>
      !over || Date.now() < until || (harm.taken.length < LEAST_TAKEN && Date.now() < until + 2 * ms);
    const killed = mill.processes.killed.then(() => {
      over = true;
    });
    const submitting = keepOpen(mill, submitted, goesOn);
    while (goesOn()) {
      await harm.next();
      if (mill.processes.complaints.length > 0) break;
    }
    await killed;
    expect(mill.processes.complaints).toEqual([]);
    await submitting;
    const runs: RunView[] = [];
    for (const id of submitted) runs.push(await finished(mill.client, id, 180_000));
    const happened = await checkMachines(mill, runs, harm);
    const holds = await checkHistory(openHistory(mill.catalog, submitted));
    return {
      ...{
        world: "machines",
        seed,
        ...countKills(mill.processes.deaths),
        runs: runs.length,
        ...happened,
        holds: [...holds, BALANCE, LITTLE_IS_LOST, IS_QUICK],
      },
      slowestClaimSeconds: await slowestClaim(mill.catalog, mill.processes.deaths),
      seconds: Math.round((Date.now() - startedAt) / 1_000),
    };
  } catch (error) {
    console.error(error, await tellAll(mill));
    throw error;
  } finally {
    await mill.close();
  }
}

/** Does something to a machine that is rented now, if there is one. */
function openHarm({ runpod }: MachineMill, random: () => number) {
  const done: Record<string, number> = {};
  const taken: Taking[] = [];
  const starved: Standstill[] = [];
  return {
    ...{ done, taken, starved },
    async next(): Promise<void> {
      // Drawn before anything happens, so that how long things take does not change what is drawn.
      const [pause, which, how, seconds] = [random(), random(), random(), random()];
      await wait(PAUSE_MS[0] + pause * (PAUSE_MS[1] - PAUSE_MS[0]));
      const living = (await runpod.account()).pods.filter(({ isListed, isStopped }) => isListed && !isStopped);
      const victim = living[Math.floor(which * living.length)];
      const move = MOVES[Math.floor(how * MOVES.length)];
      if (victim === undefined || move === undefined) return;
      const still = 1 + (MOST_STARVED_SECONDS - 1) * seconds;
      if (move === "starve") starved.push({ pod: victim.id, from: Date.now(), to: Date.now() + 1_000 * still });
      else taken.push({ pod: victim.name, how: move, at: Date.now() });
      await runpod.move({ pod: victim.id, how: move, seconds: still });
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

async function checkMachines(
  mill: MachineMill,
  runs: readonly RunView[],
  { done, taken, starved }: ReturnType<typeof openHarm>,
): Promise<Omit<MachinesOutcome, keyof Outcome>> {
  expect(runs.map(({ id, state, error }) => ({ id, state, error }))).toEqual(
    runs.map(({ id }) => ({ id, state: "succeeded", error: null })),
  );
  for (const run of runs) expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: STEPS });
  const billedMicroUsd = await expectBalance(mill);

  const starts = (await mill.trainer.starts()).length;
  const stepsLost = (await mill.trainer.steps()).length - runs.length * STEPS;
  expect(starts).toBeGreaterThanOrEqual(runs.length);
  const { losses, uploadsMs } = await readLostWork({
    ...{ jobs: await trainingsOf(mill, runs), objects: mill.objects, standstills: starved },
    deeds: await mill.trainer.deeds(),
  });
  for (const loss of losses) expectSmall(loss);
  const recoveries: Recovery[] = [];
  for (const { id } of runs) recoveries.push(...(await readRecoveries(mill.catalog, id, taken)));
  const [slowest] = recoveries.sort((a, b) => b.seconds - a.seconds);
  if (slowest !== undefined) {
    console.log(tellRecovery(slowest));
    expect(slowest.seconds, tellRecovery(slowest)).toBeLessThan(MOST_RECOVERY_SECONDS);
  }
  return {
    ...{ moves: done, billedMicroUsd, starts, stepsLost },
    mostStepsLost: Math.max(0, ...losses.map(({ steps }) => steps)),
    uploadMs: { p50: uploadsMs[Math.floor(uploadsMs.length / 2)] ?? 0, most: uploadsMs.at(-1) ?? 0 },
    machines: (await mill.runpod.account()).pods.length,
    recoverySeconds: recoveries.map(({ seconds }) => Math.round(seconds)),
  };
}

/**
 * A checkpoint interval at most, and what was trained while the save after it was on its way: a training goes on from the newest
 * save that was in the store when its trainer died, and only one was not. An upload takes less than an interval, but for the time
 * in which its agent stands still.
 */
function expectSmall(loss: Loss): void {
  const said = JSON.stringify(loss);
  expect(loss.steps, said).toBeLessThanOrEqual(SAVE_EVERY_STEPS + loss.stepsMeanwhile);
  expect(loss.stepsMeanwhile, said).toBeLessThanOrEqual(SAVE_EVERY_STEPS + Math.ceil(loss.asleepMs / STEP_MS));
}

/** The jobs that train. */
async function trainingsOf({ catalog }: MachineMill, runs: readonly RunView[]): Promise<JobId[]> {
  const { rows } = await catalog.pool.query<{ id: JobId }>(
    "select id from loramill.jobs where run = any($1) and queue = 'train' order by id",
    [runs.map(({ id }) => id)],
  );
  return rows.map(({ id }) => id);
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
