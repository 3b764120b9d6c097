import { setTimeout as wait } from "node:timers/promises";
import { type RunView, UserError } from "@loramill/contracts";
import { seededRandom } from "@loramill/testkit";
import { expect } from "vitest";
import { checkMachineWorld, type MachineFindings } from "./check-machine-world.ts";
import type { Role } from "./fleet.ts";
import { checkHistory } from "./history/check-history.ts";
import { openHistory } from "./history/history.ts";
import { endLimited, limitedSpec, setCeilings, waitsForMoney } from "./limited-runs.ts";
import { openHarm } from "./machine-harm.ts";
import { type MachineMill, startMachineMill } from "./machines.ts";
import { finished } from "./runs.ts";
import { CLAIMED_SOON, expectQuickClaims } from "./soak/quick-claims.ts";
import { countKills, type Outcome, reportProgress } from "./soak/soak-log.ts";
import { tellAll } from "./tell-machines.ts";

const roles: readonly Role[] = [
  { app: "api", ready: "listening", processes: 1, lifeMs: [10_000, 40_000] },
  { app: "dispatcher", ready: "leads", processes: 1, lifeMs: [4_000, 30_000] },
  { app: "curator", ready: "taking jobs", processes: 1, lifeMs: [10_000, 40_000] },
  { app: "trainer", ready: "taking jobs", processes: 2, lifeMs: [4_000, 25_000] },
  { app: "provisioner", ready: "taking jobs", processes: 2, lifeMs: [4_000, 25_000] },
];

/** Runs that are open at one moment. */
const OPEN_RUNS = 3;
/** Machines that are taken in the midst of a training, at least; waited for no longer than this. */
const LEAST_TAKEN = 2;
const MOST_WAIT_MS = 240_000;
const STEP_MS = 120;
/** Of the requests to RunPod, how many come to grief. */
const TROUBLE_SHARE = 0.06;

export interface MachinesOutcome extends Outcome, MachineFindings {}

/**
 * Trains while processes are killed and machines are taken, killed and starved at random, until there were `kills` of the one and
 * `ms` have passed; then lets everything come to its end, and holds what happened to what was promised. RunPod misbehaves all the
 * while, and where `hasSpot` it rents spot machines too. Null without a Redis.
 */
export async function machineChaos(options: {
  readonly seed: number;
  readonly kills: number;
  readonly ms: number;
  readonly hasSpot: boolean;
}): Promise<MachinesOutcome | null> {
  const { seed, kills, ms, hasSpot } = options;
  const startedAt = Date.now();
  const mill = await startMachineMill({
    ...{ roles, kills, seed, hasSpot, stepMs: STEP_MS, troubleShare: TROUBLE_SHARE },
    // What a training counts on before it has a machine: a tenth of what they cost here, as trainings take a tenth of what is estimated.
    env: { AGENT_USD_PER_HOUR: "0.034" },
  });
  if (mill === null) return null;
  const { catalog, processes, stores } = mill;
  const harm = openHarm(mill, seededRandom(seed));
  const submitted: string[] = [];
  const progress = reportProgress(
    `machines, seed ${seed}`,
    () => `${processes.deaths.length} of ${kills} kills, ${submitted.length} runs`,
  );
  try {
    const usdPerHour = await setCeilings(mill);
    const begunAt = Date.now();
    let until = Number.POSITIVE_INFINITY;
    // On a busy machine trainings come to their machines late, and then longer is needed to take some.
    const goesOn = () => Date.now() < until || (harm.takenAtWork < LEAST_TAKEN && Date.now() < until + MOST_WAIT_MS);
    const killed = processes.killed.then(() => {
      until = Math.max(Date.now(), begunAt + ms);
    });
    let refusal: unknown = null;
    const submitting = keepOpen(mill, submitted, goesOn).catch((error: unknown) => {
      refusal = error;
    });
    while (goesOn() && refusal === null && processes.complaints.length === 0) await harm.next();
    await killed;
    expect(processes.complaints).toEqual([]);
    await submitting;
    if (refusal !== null) throw refusal;
    const limited = await endLimited(mill);
    const runs: RunView[] = [];
    for (const id of submitted) runs.push(await finished(mill.client, id, 180_000));
    const happened = await checkMachineWorld(mill, { runs, harm, limited, usdPerHour, stepMs: STEP_MS });
    const holds = await checkHistory(openHistory(catalog, { acknowledged: submitted, stores }));
    const slowestClaimSeconds = await expectQuickClaims(catalog, processes);
    expect(processes.complaints).toEqual([]);
    return {
      ...{ world: "machines", seed, ...countKills(processes.deaths), runs: runs.length },
      ...{ ...happened, holds: [...holds, ...happened.holds, CLAIMED_SOON], slowestClaimSeconds },
      seconds: Math.round((Date.now() - startedAt) / 1_000),
    };
  } catch (error) {
    console.error(error, await tellAll(mill, harm));
    throw error;
  } finally {
    progress.stop();
    await mill.close();
  }
}

/** Keeps some runs open for as long as it is wanted. An API that was just killed is asked again; one that refuses is not. */
async function keepOpen({ client, spec }: MachineMill, submitted: string[], isWanted: () => boolean): Promise<void> {
  let open: string[] = [];
  while (isWanted()) {
    const n = submitted.length + 1;
    // Runs that may not come to their end with what there is are what is tried.
    const more = { idempotencyKey: `chaos-${n}`, overCeiling: true };
    if (open.length < OPEN_RUNS) {
      const run = await client.createRun(limitedSpec(spec(n), n), more).catch((error: unknown) => {
        if (error instanceof UserError) throw error;
        return null;
      });
      if (run !== null) {
        submitted.push(run.id);
        if (!waitsForMoney(n)) open.push(run.id);
      }
    }
    await wait(500);
    const views = await Promise.all(open.map((id) => client.getRun(id).catch(() => null)));
    open = open.filter((_, i) => views[i]?.endedAt == null);
  }
}
