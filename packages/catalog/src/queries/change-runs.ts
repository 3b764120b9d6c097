import { type ProjectId, type RunEventType, type RunId, statesAllowing } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { tellWebhooksOfRun } from "../webhooks/tell-webhooks.ts";

/** Runs that are changed together, in one transaction; of another project than this one, none of them. */
export interface RunSet {
  readonly runs: readonly RunId[];
  readonly project?: ProjectId | undefined;
}

/** What runs get that are taken up again; what is left out, or undefined, stays. */
export interface RunTerms {
  readonly budgetMicroUsd?: number | null | undefined;
  readonly deadline?: Date | null | undefined;
}

/** Rows of runs are locked in the order of their ids, so that two changes of the same ones never wait for each other. */
const locked = (only = "true") => `
select id, cancel_requested_at is null as fresh from loramill.runs r
where id = any($1) and ($2::text is null or project = $2) and state = any($3) and ${only}
order by id for no key update`;

/** Whether there is anything to go on from in run `r`: one that a bundle brought has none. */
export const IS_OURS = "not exists (select from loramill.imports i where i.run = r.id)";

/** Runs that are changed in one transaction. */
export const RUNS_PER_CHANGE = 500;

/** Asks for the end of those that are open; answers them. Writes events: the last of a transaction's writes. */
export async function cancelRuns(sql: Sql, { runs, project }: RunSet): Promise<RunId[]> {
  const { rows } = await sql.query<{ id: RunId; fresh: boolean }>(
    `with old as materialized (${locked()})
     update loramill.runs r set cancel_requested_at = coalesce(r.cancel_requested_at, now()), attention = true
     from old where r.id = old.id returning r.id, old.fresh`,
    [runs, project ?? null, statesAllowing("run", "cancel")],
  );
  const fresh = rows.filter((row) => row.fresh).map(({ id }) => id);
  await tellRuns(sql, fresh, "run.cancel-requested");
  await sql.query("select pg_notify('loramill_dispatch', '')");
  return rows.map(({ id }) => id);
}

/**
 * Takes up those that failed, were cancelled or ran out of something; answers them. What succeeded is kept, the rest is tried
 * again with fresh attempts. Writes events: the last of a transaction's writes.
 */
export async function resumeRuns(sql: Sql, { runs, project }: RunSet, terms: RunTerms): Promise<RunId[]> {
  const { rows } = await sql.query<{ id: RunId }>(
    `with old as materialized (${locked(IS_OURS)})
     update loramill.runs r
     set state = 'running', cancel_requested_at = null, error = null, ended_at = null, attention = true,
       budget_micro_usd = case when $4 then $5::bigint else r.budget_micro_usd end,
       deadline = case when $6 then $7::timestamptz else r.deadline end
     from old where r.id = old.id returning r.id`,
    [
      ...[runs, project ?? null, statesAllowing("run", "resume")],
      ...[terms.budgetMicroUsd !== undefined, terms.budgetMicroUsd ?? null],
      ...[terms.deadline !== undefined, terms.deadline ?? null],
    ],
  );
  const resumed = rows.map(({ id }) => id);
  await reopenJobs(sql, resumed);
  await reopenBatches(sql, resumed);
  await tellRuns(sql, resumed, "run.resumed");
  await sql.query("select pg_notify('loramill_dispatch', '')");
  return resumed;
}

/** Jobs that did not succeed wait again with fresh attempts; what a turn left is kept, so paid work is taken up again. */
async function reopenJobs(sql: Sql, runs: readonly RunId[]): Promise<void> {
  await sql.query(
    `update loramill.jobs j
     set state = 'waiting', attempts_spent = 0, workers_lost = 0, error = null, cancel_requested_at = null,
       not_before = null, ended_at = null, enqueued_at = null, waiting_since = now()
     from loramill.steps s
     where s.run = any($1) and s.state = any($2) and j.step = s.id and j.state = any($3)`,
    [runs, statesAllowing("step", "resume"), statesAllowing("job", "resume")],
  );
  await sql.query("update loramill.quarantine set resolved_at = now() where run = any($1) and resolved_at is null", [
    runs,
  ]);
  await sql.query(
    `update loramill.steps
     set state = 'blocked', jobs_waiting = jobs_waiting + jobs_failed + jobs_cancelled, jobs_failed = 0,
       jobs_cancelled = 0, error = null, reason = null, ended_at = null
     where run = any($1) and state = any($2)`,
    [runs, statesAllowing("step", "resume")],
  );
}

/**
 * Batches of runs that are taken up have not ended any more. Locked whether they had or not, in the order of their ids: whoever
 * notes an end at this moment looks again.
 */
export async function reopenBatches(sql: Sql, runs: readonly RunId[]): Promise<void> {
  await sql.query(
    `with old as materialized (
       select id from loramill.batches where id in (select batch from loramill.runs where id = any($1))
       order by id for no key update
     )
     update loramill.batches b set ended_at = null from old where b.id = old.id`,
    [runs],
  );
}

/** `tellRun` of many runs, in the order of their ids. */
async function tellRuns(sql: Sql, runs: readonly RunId[], type: RunEventType): Promise<void> {
  if (runs.length === 0) return;
  const sorted = [...runs].sort();
  await sql.query(
    `select pg_advisory_xact_lock(hashtextextended(run, 0)), pg_notify('loramill_events', run)
     from unnest($1::text[]) with ordinality as r(run, place) order by place`,
    [sorted],
  );
  await sql.query(
    "insert into loramill.run_events (run, type, data) select run, $2, $3 from unnest($1::text[]) as r(run)",
    [sorted, type, jsonText({})],
  );
  for (const run of sorted) await tellWebhooksOfRun(sql, { run, type, data: {} });
}
