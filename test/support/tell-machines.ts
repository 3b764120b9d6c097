import type { MachineMill } from "./machines.ts";

/** What a person would look at first when something did not come to its end. */
export async function tellAll({ catalog, runpod, processes }: MachineMill): Promise<string> {
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
