import { digestOf, type JobName, jobs, type PlanLock, type RunId, type RunSpec } from "@loramill/contracts";
import type { NewId, Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";

/** The rows of a planned run. Whoever writes them says `run.created` and wakes the dispatcher in the same transaction. */
export async function insertRun(
  sql: Sql,
  newId: NewId,
  { project, spec, lock }: { readonly project: string; readonly spec: RunSpec; readonly lock: PlanLock },
): Promise<RunId> {
  const run = newId("run");
  const planned = lock.steps.map((step, ordinal) => ({ id: newId("stp"), ordinal, queue: queueOf(step.job), step }));
  await sql.query(
    `insert into loramill.runs (id, project, name, spec, lock, lock_digest, state, priority, budget_micro_usd, deadline,
       notes)
     values ($1, $2, $3, $4, $5, $6, 'planned', $7, $8, $9, $10)`,
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
    ],
  );
  await sql.query(
    `insert into loramill.steps (id, run, ordinal, name, kind, queue, planned, state, reuse)
     select id, $1, ordinal, step->>'name', step->>'kind', queue, step, 'blocked', $3
     from json_to_recordset($2::json) as s(id text, ordinal int, queue text, step jsonb)`,
    [run, jsonText(planned), lock.policy.reuse],
  );
  return run;
}

/** A plan of another version may name a job that is not known here; its step fails when it is its turn. */
function queueOf(job: string): string {
  return Object.hasOwn(jobs, job) ? jobs[job as JobName].queue : "unknown";
}
