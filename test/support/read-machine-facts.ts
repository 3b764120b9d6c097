import { FLEET_PROJECT, type FleetDecision, type JobId, type RunView } from "@loramill/contracts";
import { deedsOfJob } from "./lost-work.ts";
import type { ChargedMachine, MachineFacts, Training, Wish } from "./machine-facts.ts";
import type { MachineMill } from "./machines.ts";
import type { Taking } from "./recoveries.ts";

/** Gathers what the provider, the trainers and the catalog each know of a world whose machines have all ended. */
export async function readMachineFacts(
  { catalog, runpod, trainer }: MachineMill,
  {
    runs,
    takings,
    standstills,
    usdPerHour,
  }: {
    readonly runs: readonly RunView[];
    readonly takings: readonly Taking[];
    readonly standstills: MachineFacts["standstills"];
    readonly usdPerHour: number;
  },
): Promise<MachineFacts> {
  const { pods } = await runpod.account();
  const { rows: charged } = await catalog.pool.query<ChargedMachine>(
    `select l.pod as name, coalesce(sum(l.quantity) filter (where l.unit = 'gpu-second'), 0)::float8 as seconds,
       coalesce(sum(l.amount_micro_usd) filter (where p.name = $1), 0)::float8 as "restMicroUsd"
     from loramill.ledger l join loramill.runs r on r.id = l.run join loramill.projects p on p.id = r.project
     where l.pod is not null group by 1`,
    [FLEET_PROJECT],
  );
  const { rows: jobs } = await catalog.pool.query<{ job: JobId }>(
    "select id as job from loramill.jobs where run = any($1) and queue = 'train' order by id",
    [runs.map(({ id }) => id)],
  );
  const deeds = await trainer.deeds();
  const trainings = jobs.map(({ job }): Training => ({ job, deeds: deedsOfJob(deeds, job) }));
  const { rows: times } = await catalog.pool.query<{ name: string; wanted: Date; givenUp: Date | null }>(
    `select name, min(at) as wanted, min(at) filter (where state in ('draining', 'ending', 'ended')) as "givenUp"
     from history.changes where subject = 'pod' group by name`,
  );
  const timesOf = new Map(times.map(({ name, ...of }) => [name, of]));
  const now = Date.now();
  const machines = pods.map(({ id, name, usdPerHour: price, from, upAt, to }) => ({
    ...{ id, name, usdPerHour: price, from, upAt: Math.min(upAt ?? now, to ?? now), to: to ?? now },
    wantedAt: timesOf.get(name)?.wanted.getTime() ?? from,
    givenUpAt: timesOf.get(name)?.givenUp?.getTime() ?? to ?? now,
  }));
  return { machines, charged, trainings, wishes: await readWishes(catalog), takings, standstills, usdPerHour };
}

async function readWishes({ pool }: MachineMill["catalog"]): Promise<Wish[]> {
  const { rows } = await pool.query<{ at: Date; decisions: FleetDecision[] }>(
    "select at, decisions from history.plans order by id",
  );
  return rows.flatMap(({ at, decisions }) => {
    const inUse = decisions.flatMap((one) => (one.kind === "keep" && one.jobs.length > 0 ? [one.pod] : []));
    return decisions.flatMap((one) => {
      const [best] = one.kind === "create" ? one.candidates : [];
      return best === undefined ? [] : [{ at: at.getTime(), usdPerHour: best.pricePerHourMicroUsd / 1_000_000, inUse }];
    });
  });
}
