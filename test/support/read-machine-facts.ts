import { FLEET_PROJECT, type JobId, type RunView } from "@loramill/contracts";
import { deedsOfJob } from "./lost-work.ts";
import type { ChargedMachine, MachineFacts, Training } from "./machine-facts.ts";
import type { MachineMill } from "./machines.ts";
import type { Taking } from "./recoveries.ts";

/** Gathers what the provider, the trainers and the catalog each know of a world whose machines have all ended. */
export async function readMachineFacts(
  { catalog, runpod, trainer }: MachineMill,
  {
    runs,
    takings,
    usdPerHour,
  }: {
    readonly runs: readonly RunView[];
    readonly takings: readonly Taking[];
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
  const { rows: jobs } = await catalog.pool.query<{ job: JobId; rentedFor: string[]; had: string[] }>(
    `select j.id as job,
       array(select name from loramill.pods where j.id = any(wanted_for)) as "rentedFor",
       array(
         select distinct e.data->>'pod' from loramill.run_events e
         where e.run = j.run and e.type = 'training.submitted' and e.data->>'pod' is not null
       ) as had
     from loramill.jobs j where j.run = any($1) and j.queue = 'train' order by j.id`,
    [runs.map(({ id }) => id)],
  );
  const deeds = await trainer.deeds();
  const trainings = jobs.map(
    ({ job, rentedFor, had }): Training => ({ job, rentedFor, had, deeds: deedsOfJob(deeds, job) }),
  );
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
  return { machines, charged, trainings, takings, usdPerHour };
}
