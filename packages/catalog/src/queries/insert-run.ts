import { digestOf, type JobName, jobs, type PlanLock, type RunId, type RunSpec } from "@loramill/contracts";
import type { NewId, Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";

/** A run that does the plan of another one again. */
export interface ReplayLink {
  readonly of: RunId;
  /** Steps that are not done again: they have what that run made. */
  readonly kept: readonly string[];
}

export interface NewRun {
  readonly project: string;
  /** The batch that it is a member of. */
  readonly batch?: string | undefined;
  readonly spec: RunSpec;
  readonly lock: PlanLock;
  readonly replay?: ReplayLink | undefined;
}

/** The rows of a planned run. Whoever writes them says `run.created` and wakes the dispatcher in the same transaction. */
export async function insertRun(
  sql: Sql,
  newId: NewId,
  { project, batch, spec, lock, replay }: NewRun,
): Promise<RunId> {
  const run = newId("run");
  const planned = lock.steps.map((step, ordinal) => ({ id: newId("stp"), ordinal, queue: queueOf(step.job), step }));
  await sql.query(
    `insert into loramill.runs (id, project, name, spec, lock, lock_digest, state, priority, budget_micro_usd, deadline,
       notes, replay_of, batch)
     values ($1, $2, $3, $4, $5, $6, 'planned', $7, $8, $9, $10, $11, $12)`,
    [
      run,
      project,
      lock.name,
      jsonText(spec),
      jsonText(lock),
      digestOf(lock),
      lock.priority,
      lock.budgetMicroUsd,
      lock.deadline ?? null,
      [...lock.notes],
      replay?.of ?? null,
      batch ?? null,
    ],
  );
  await sql.query(
    `insert into loramill.steps (id, run, ordinal, name, kind, queue, planned, state, reuse)
     select id, $1, ordinal, step->>'name', step->>'kind', queue, step, 'blocked', $3
     from json_to_recordset($2::json) as s(id text, ordinal int, queue text, step jsonb)`,
    [run, jsonText(planned), lock.policy.reuse],
  );
  if (replay !== undefined) await keepOutputs(sql, run, replay);
  return run;
}

/** Gives the steps that are not done again what the replayed run has of them. */
async function keepOutputs(sql: Sql, run: RunId, { of, kept }: ReplayLink): Promise<void> {
  await sql.query(
    `update loramill.steps s
     set state = 'reused', key = o.key, inputs = o.inputs, output = o.output, items = o.items, summary = o.summary,
       reused_run = o.run, reused_step = o.id, reason = $4, ended_at = now()
     from loramill.steps o
     where s.run = $1 and o.run = $2 and o.name = s.name and s.name = any($3) and o.output is not null`,
    [run, of, kept, `kept from ${of}, which is replayed`],
  );
}

/** A plan of another version may name a job that is not known here; its step fails when it is its turn. */
function queueOf(job: string): string {
  return Object.hasOwn(jobs, job) ? jobs[job as JobName].queue : "unknown";
}
