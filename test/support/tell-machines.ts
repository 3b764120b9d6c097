import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Harm } from "./machine-harm.ts";
import type { MachineMill } from "./machines.ts";

/** Of what happened, the last that is told at once. */
const LAST = 100;

/**
 * What a person would look at first when something did not come to its end. All that happened is written to a file beside it, whose
 * path is told.
 */
export async function tellAll(mill: MachineMill, harm: Harm): Promise<string> {
  const { catalog, processes } = mill;
  const { rows: jobs } = await catalog.pool.query(
    `select run, name, state, release, epoch, not_before, heartbeat_at, enqueued_at, attempts_spent, turn, error
     from loramill.jobs where state not in ('succeeded', 'failed', 'cancelled')`,
  );
  const decisions = (await catalog.pool.query("select decisions, planned_at, stopped from loramill.fleet")).rows;
  const path = join(tmpdir(), `loramill-machines-${process.pid}-${Date.now()}.jsonl`);
  const history = await tellHistory(mill, harm);
  await writeFile(path, history.join("\n"));
  return [
    `complaints: ${JSON.stringify(processes.complaints)}`,
    `decisions: ${JSON.stringify(decisions)}`,
    ...jobs.map((job) => `job: ${JSON.stringify(job)}`),
    ...history.slice(-LAST),
    `all that happened: ${path}`,
  ].join("\n");
}

/** Events, changes of states, plans and moves against machines by their time, one a line. */
async function tellHistory({ catalog, runpod, processes }: MachineMill, { taken, starved }: Harm): Promise<string[]> {
  const of = async (sql: string) => (await catalog.pool.query<{ at: Date }>(sql)).rows;
  const happened: readonly { readonly at: Date }[] = [
    ...(await of("select at, run, job, type, data from loramill.run_events where type <> 'job.progress' order by id")),
    ...(await of("select at, subject, name, state, epoch from history.changes order by id")),
    ...(await of("select at, decisions from history.plans order by id")),
    ...taken.map(({ at, pod, how }) => ({ at: new Date(at), taken: pod, how })),
    ...starved.map(({ from, to, name }) => ({ at: new Date(from), starved: name, seconds: (to - from) / 1_000 })),
    ...processes.deaths,
  ];
  const lines = [...happened.toSorted((a, b) => a.at.getTime() - b.at.getTime()), await runpod.account()];
  return lines.map((line) => JSON.stringify(line));
}
