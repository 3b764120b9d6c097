import type { RunSpecInput } from "@loramill/contracts";
import type { MachineMill } from "./machines.ts";
import { eventually } from "./runs.ts";

/** A project that may spend so little that not all of its trainings come to their end. */
const THRIFTY = "thrifty";

/**
 * What may be spent, in US dollars. A training on a machine at $0.34 by the hour goes on as long as 150 s of that are left: the way to its
 * next checkpoint, that into the store, and the lease of its agent. The budget leaves ten seconds beside them, which most trainings pass;
 * the project's ceiling is less than any machine is rented for.
 */
const BUDGET_USD = 0.0155;
const CEILINGS_USD = { project: 0.01, hour: 2, ample: 1_000 } as const;

/** How a run is limited, by its number: two of four are not. */
export function limitedSpec(spec: RunSpecInput, n: number): RunSpecInput {
  if (n % 4 === 2) return { ...spec, budgetUsd: BUDGET_USD, policy: { onBudget: "finish" } };
  return waitsForMoney(n) ? { ...spec, project: THRIFTY } : spec;
}

/** Whether a run has to wait until its project may spend more, by its number. */
export const waitsForMoney = (n: number): boolean => n % 4 === 3;

/** Sets the ceilings of a world. Answers what its machines may cost by the hour together, in US dollars. */
export async function setCeilings({ catalog }: MachineMill): Promise<number> {
  const { id } = await catalog.projects.ensure(THRIFTY);
  await catalog.ceilings.set({ project: id, period: "total" }, CEILINGS_USD.project * 1_000_000);
  await catalog.ceilings.set({ project: null, period: "hour" }, CEILINGS_USD.hour * 1_000_000);
  await catalog.ceilings.set({ project: null, period: "day" }, CEILINGS_USD.ample * 1_000_000);
  return CEILINGS_USD.hour;
}

export interface Limited {
  /** Runs of the project that could not do what it wanted. */
  readonly waited: readonly string[];
  /** Runs that ended for want of money, and were resumed with enough. */
  readonly resumed: readonly string[];
  /** Runs that finished on their budget with the LoRA of a checkpoint. */
  readonly finished: readonly string[];
}

/**
 * Waits for the runs that have enough. Then the project that has too little is given more, as its owner would; what waited for that goes
 * on, what had ended for want of money is resumed, and all come to their end.
 */
export async function endLimited({ catalog, client }: MachineMill): Promise<Limited> {
  const runs = async () => {
    const { rows } = await catalog.pool.query<{ id: string; state: string; project: string }>(
      `select r.id, r.state, p.name as project from loramill.runs r join loramill.projects p on p.id = r.project
       where p.name in ('default', $1) order by r.id`,
      [THRIFTY],
    );
    return rows;
  };
  const allEnd = (but = "") =>
    eventually(
      "all runs end",
      runs,
      (all) => all.every(({ state, project }) => project === but || !["planned", "running"].includes(state)),
      300_000,
    );
  const all = await allEnd(THRIFTY);
  const waited = all.filter((run) => run.project === THRIFTY).map(({ id }) => id);
  const resumed = all.filter(({ state }) => state === "exhausted").map(({ id }) => id);
  const { id: project } = await catalog.projects.ensure(THRIFTY);
  await catalog.ceilings.set({ project, period: "total" }, CEILINGS_USD.ample * 1_000_000);
  for (const run of resumed) {
    await eventually(
      `run ${run} is resumed`,
      async () => {
        await client.resumeRun(run, { budgetUsd: null }).catch(() => undefined);
        return (await runs()).find(({ id }) => id === run)?.state;
      },
      (state) => state !== "exhausted",
    );
  }
  await allEnd();
  const { rows: finished } = await catalog.pool.query<{ run: string }>(
    "select distinct run from loramill.run_events where type = 'training.stopped'",
  );
  return { waited, resumed, finished: finished.map(({ run }) => run).filter((run) => !resumed.includes(run)) };
}
