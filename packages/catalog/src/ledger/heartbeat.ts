import type { Heartbeat, HeartbeatVerdict, JobId } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";

/**
 * Keeps jobs alive and carries progress one way and the wish to cancel the other. Progress goes to the job, to its step
 * (the last reporter wins) and into the event stream, when there is any.
 */
const HEARTBEAT = `
with beating as materialized (
  select b.*, j.run, j.step, j.epoch = b.epoch and j.state = 'active' as valid,
    j.cancel_requested_at is not null as cancel
  from json_to_recordset($1::json) as b(job text, epoch int, progress jsonb)
  join loramill.jobs j on j.id = b.job
  order by j.id
  for no key update of j
), beaten as (
  update loramill.jobs j set heartbeat_at = now(), progress = coalesce(b.progress, j.progress)
  from beating b
  where b.valid and j.id = b.job
), latest as materialized (
  select distinct on (step) step, progress from beating where valid and progress is not null order by step, job desc
), locked_steps as materialized (
  select s.id, l.progress from latest l join loramill.steps s on s.id = l.step order by s.id for no key update of s
), shown as (
  update loramill.steps s set progress = l.progress from locked_steps l where s.id = l.id
), told as (
  insert into loramill.run_events (run, step, job, type, data)
  select run, step, job, 'job.progress', progress from (
    select b.*, pg_advisory_xact_lock(hashtextextended(b.run, 0))
    from (select * from beating where valid and progress is not null order by run, job) b
  ) b
  returning run
)
select job, epoch, valid, cancel,
  (select count(pg_notify('loramill_events', run)) from (select distinct run from told) each) as events
from beating`;

interface BeatRow {
  readonly job: JobId;
  readonly epoch: number;
  readonly valid: boolean;
  readonly cancel: boolean;
}

/** Jobs that the catalog no longer knows, or that another worker has claimed since, are `superseded`. */
export async function beat(sql: Sql, beats: readonly Heartbeat[]): Promise<Map<JobId, HeartbeatVerdict>> {
  const verdicts = new Map<JobId, HeartbeatVerdict>(beats.map(({ job }) => [job, "superseded"]));
  if (beats.length === 0) return verdicts;
  const { rows } = await sql.query<BeatRow>({ name: "heartbeat", text: HEARTBEAT, values: [jsonText(beats)] });
  for (const row of rows) if (row.valid) verdicts.set(row.job, row.cancel ? "cancel" : "continue");
  return verdicts;
}
