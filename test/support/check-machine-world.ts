import type { RunView } from "@loramill/contracts";
import { expect } from "vitest";
import * as machineChecks from "./check-machine-facts.ts";
import { sayCheck } from "./history/check-history.ts";
import type { Limited } from "./limited-runs.ts";
import { type Loss, readLostWork } from "./lost-work.ts";
import type { Harm } from "./machine-harm.ts";
import { readStarvedAway } from "./machine-harm.ts";
import { expectBalance, type MachineMill, SAVE_EVERY_STEPS, STEPS } from "./machines.ts";
import { readMachineFacts } from "./read-machine-facts.ts";
import { type Recoveries, readRecoveries, tellRecovery } from "./recoveries.ts";
import { stepOf } from "./runs.ts";

/** From the loss of a training's machine to its next submission. */
const MOST_RECOVERY_SECONDS = 45;
const BALANCE = "every machine ends and what it was billed is charged to the micro-dollar";
const LITTLE_IS_LOST =
  "a training goes on from its newest save in the store one checkpoint interval back at most and the save after it was on its way for less than one";
/** Of each training and each machine that was taken from it. */
const IS_QUICK = `a training whose machine was taken has another within ${MOST_RECOVERY_SECONDS} s`;
const EACH_COMES_BACK = "each training whose machine was taken in its midst went on";

export interface MachineFindings {
  /** Moves against machines, by kind. */
  readonly moves: Readonly<Record<string, number>>;
  readonly machines: number;
  readonly spotMachines: number;
  /** Requests to RunPod that came to grief, by what befell them. */
  readonly troubles: Readonly<Record<string, number>>;
  /** Machines that were killed because their grace was over. */
  readonly overGrace: number;
  /** Runs whose budget ended them with the LoRA of a checkpoint, and runs that had to be given more. */
  readonly finishedOnBudget: number;
  readonly resumed: number;
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

/** Holds a world in which everything has come to its end to what is promised of machines. */
export async function checkMachineWorld(
  mill: MachineMill,
  {
    runs,
    harm,
    limited,
    usdPerHour,
    stepMs,
  }: {
    readonly runs: readonly RunView[];
    readonly harm: Harm;
    readonly limited: Limited;
    readonly usdPerHour: number;
    readonly stepMs: number;
  },
): Promise<MachineFindings & { readonly holds: readonly string[] }> {
  expectEnds(runs, limited);
  const billedMicroUsd = await expectBalance(mill);
  const takings = [...harm.taken, ...(await readStarvedAway(mill, harm.starved))];
  const facts = await readMachineFacts(mill, { runs, takings, standstills: harm.starved, usdPerHour });
  const checks = Object.entries(machineChecks).map(([name, check]) => [sayCheck(name), check] as const);
  for (const [sentence, check] of checks) expect(check(facts), sentence).toEqual([]);

  const { losses, uploadsMs } = await readLostWork({
    ...{ jobs: facts.trainings.map(({ job }) => job), objects: mill.stores.objects, standstills: harm.starved },
    deeds: await mill.trainer.deeds(),
  });
  for (const loss of losses) expectSmall(loss, stepMs);
  const isLimited = new Set([...limited.waited, ...limited.resumed, ...limited.finished]);
  const free = runs.filter(({ id }) => !isLimited.has(id));
  const recoverySeconds = await expectRecoveries(mill, free, takings);
  const { pods, troubles, overGrace } = await mill.runpod.account();
  return {
    ...{ moves: harm.done, troubles, overGrace, billedMicroUsd, recoverySeconds },
    ...{ finishedOnBudget: limited.finished.length, resumed: limited.resumed.length },
    starts: (await mill.trainer.starts()).length,
    stepsLost: losses.reduce((sum, { steps }) => sum + steps, 0),
    mostStepsLost: Math.max(0, ...losses.map(({ steps }) => steps)),
    uploadMs: { p50: uploadsMs[Math.floor(uploadsMs.length / 2)] ?? 0, most: uploadsMs.at(-1) ?? 0 },
    machines: pods.length,
    spotMachines: pods.filter(({ isSpot }) => isSpot).length,
    holds: [...checks.map(([sentence]) => sentence), BALANCE, LITTLE_IS_LOST, EACH_COMES_BACK, IS_QUICK],
  };
}

/** Every run has succeeded, with a LoRA of all its steps; or of a checkpoint, where its budget asked for that. */
function expectEnds(runs: readonly RunView[], { finished }: Limited): void {
  expect(runs.map(({ id, state, error }) => ({ id, state, error }))).toEqual(
    runs.map(({ id }) => ({ id, state: "succeeded", error: null })),
  );
  for (const run of runs) {
    const { loras, steps } = stepOf(run, "train").summary as { loras?: number; steps?: number };
    expect(loras, run.id).toBe(1);
    if (!finished.includes(run.id)) expect(steps, run.id).toBe(STEPS);
    else expect({ run: run.id, steps, over: (steps ?? 1) % SAVE_EVERY_STEPS }).toMatchObject({ over: 0 });
  }
}

/**
 * A checkpoint interval at most, and what was trained while the save after it was on its way: a training goes on from the newest
 * save that was in the store when its trainer died, and only one was not. An upload takes less than an interval, but for the time
 * in which its agent stands still.
 */
function expectSmall(loss: Loss, stepMs: number): void {
  const said = JSON.stringify(loss);
  expect(loss.steps, said).toBeLessThanOrEqual(SAVE_EVERY_STEPS + loss.stepsMeanwhile);
  expect(loss.stepsMeanwhile, said).toBeLessThanOrEqual(SAVE_EVERY_STEPS + Math.ceil(loss.asleepMs / stepMs));
}

/** Each training that was taken in its midst goes on, soon; and some were, or nothing would be shown. */
async function expectRecoveries(
  { catalog, trainer }: MachineMill,
  runs: readonly RunView[],
  takings: Parameters<typeof readRecoveries>[2],
): Promise<number[]> {
  const all: Recoveries["found"][number][] = [];
  const deeds = await trainer.deeds();
  for (const { id } of runs) {
    const { found, unanswered } = await readRecoveries(catalog, id, takings);
    all.push(...found);
    // What was taken after its last step had its LoRA on the way, or in the store.
    const inMidst = unanswered.filter(
      ({ podId, at }) =>
        !deeds.some((deed) => deed.step === STEPS && deed.at <= at && deed.images.includes(`/${podId}/`)),
    );
    expect(inMidst, `what was taken of ${id}, and did not go on`).toEqual([]);
  }
  const [slowest] = all.sort((a, b) => b.seconds - a.seconds);
  if (slowest === undefined) throw new Error("no training lost its machine in its midst: recoveries were not tried");
  console.log(tellRecovery(slowest));
  expect(slowest.seconds, tellRecovery(slowest)).toBeLessThan(MOST_RECOVERY_SECONDS);
  return all.map(({ seconds }) => Math.round(seconds));
}
