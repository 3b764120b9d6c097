import type { BundledStep, EventRecord, RunRecord } from "@loramill/bundles";
import {
  type Digest,
  digestOf,
  type JobName,
  jobs,
  type PlanLock,
  type ProjectId,
  type RunId,
  type RunSpec,
} from "@loramill/contracts";
import type { NewId, Sql } from "../../connection.ts";
import { jsonText } from "../../json-text.ts";

/** A run that a bundle brings, read and held against its plan. */
export interface RunToImport {
  readonly record: RunRecord;
  /** Of the record as it was written: the same is the same run. */
  readonly digest: Digest;
  readonly spec: RunSpec;
  readonly lock: PlanLock;
  readonly steps: readonly BundledStep[];
  readonly events: readonly EventRecord[];
}

const EVENTS_PER_INSERT = 5_000;

/**
 * The rows of a run that ended elsewhere: it is in its last state from the beginning, has no jobs and no entries in the ledger,
 * and nobody's attention. Outputs that nobody could open are left out. Answers the ids of its steps by their names.
 */
export async function insertImportedRun(
  sql: Sql,
  newId: NewId,
  {
    project,
    run,
    lacking,
  }: { readonly project: ProjectId; readonly run: RunToImport; readonly lacking: ReadonlySet<string> },
): Promise<{ readonly id: RunId; readonly steps: ReadonlyMap<string, string> }> {
  const { record, spec, lock, events } = run;
  const id = newId("run");
  await sql.query(
    `insert into loramill.runs (id, project, name, spec, lock, lock_digest, state, priority, budget_micro_usd, deadline,
       notes, attention, error, created_at, started_at, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false, $12, $13, $14, $15)`,
    [
      id,
      project,
      record.name,
      jsonText(spec),
      jsonText(lock),
      digestOf(lock),
      record.state,
      lock.priority,
      lock.budgetMicroUsd,
      lock.deadline ?? null,
      [...lock.notes],
      record.error === null ? null : jsonText(record.error),
      record.createdAt,
      record.startedAt,
      record.endedAt,
    ],
  );
  const steps = run.steps.map(({ planned, record: { output, ...step } }, ordinal) => ({
    ...{ ...step, id: newId("stp"), ordinal, kind: planned.kind, queue: queueOf(planned.job), planned },
    output: lacking.has(step.name) ? null : output,
    ...{
      total: step.jobs.total,
      succeeded: step.jobs.succeeded,
      failed: step.jobs.failed,
      cancelled: step.jobs.cancelled,
    },
  }));
  await sql.query(
    `insert into loramill.steps (id, run, ordinal, name, kind, queue, planned, state, reuse, key, inputs, output, items, summary,
       reason, error, jobs_total, jobs_succeeded, jobs_failed, jobs_cancelled, started_at, ended_at)
     select id, $1, ordinal, name, kind, queue, planned, state, $3, key, inputs, output, items, summary, reason,
       nullif(error, 'null'::jsonb), total, succeeded, failed, cancelled, "startedAt", "endedAt"
     from json_to_recordset($2::json) as s(id text, ordinal int, name text, kind text, queue text, planned jsonb, state text,
       key text, inputs jsonb, output text, items int, summary jsonb, reason text, error jsonb, total int, succeeded int,
       failed int, cancelled int, "startedAt" timestamptz, "endedAt" timestamptz)`,
    [id, jsonText(steps), lock.policy.reuse],
  );
  const ids = new Map(steps.map((step) => [step.name, step.id]));
  for (let from = 0; from < events.length; from += EVENTS_PER_INSERT) {
    const some = events.slice(from, from + EVENTS_PER_INSERT);
    await sql.query(
      `insert into loramill.run_events (run, step, type, data, at)
       select $1, step, type, data, at
       from json_to_recordset($2::json) as e(place int, step text, type text, data jsonb, at timestamptz) order by place`,
      [id, jsonText(some.map((event, place) => ({ ...event, place, step: ids.get(event.step ?? "") ?? null })))],
    );
  }
  return { id, steps: ids };
}

/** A plan of another version may name a job that is not known here. */
function queueOf(job: string): string {
  return Object.hasOwn(jobs, job) ? jobs[job as JobName].queue : "unknown";
}
