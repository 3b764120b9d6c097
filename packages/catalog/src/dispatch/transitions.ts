import {
  type Digest,
  type ErrorRecord,
  type EventOf,
  type JsonObject,
  nextState,
  type RunId,
  type StepId,
  statesAllowing,
} from "@loramill/contracts";
import type { ExpandedJob } from "@loramill/orchestration";
import pg from "pg";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { tellRun } from "../queries/runs.ts";

/** Jobs written by one statement while a step is expanded. */
const JOBS_PER_INSERT = 1_000;

/** What a finished step answers: of its own jobs, or of an earlier run. */
export interface StepOutput {
  readonly output: Digest;
  readonly items: number;
  readonly summary: JsonObject;
}

export interface Artifact extends StepOutput {
  readonly key: Digest;
  readonly kind: string;
  readonly run: RunId;
  readonly step: StepId;
  readonly createdAt: Date;
}

type At = { readonly run: RunId; readonly step: StepId };

async function endWaiting(sql: Sql, step: StepId): Promise<void> {
  await sql.query(
    `with ended as (
       update loramill.jobs set state = 'cancelled', ended_at = now() where step = $1 and state = 'waiting' returning id
     ), counts as (select count(*)::int as ended from ended)
     update loramill.steps s set jobs_waiting = s.jobs_waiting - c.ended, jobs_cancelled = s.jobs_cancelled + c.ended
     from counts c where s.id = $1 and c.ended > 0`,
    [step],
  );
}

/** The state that an event leads to is the same from wherever the event is allowed. */
function target<M extends "run" | "step">(machine: M, event: EventOf<M>): string {
  const [from] = statesAllowing(machine, event);
  const state = from === undefined ? undefined : nextState(machine, from, event);
  if (state === undefined) throw new Error(`no ${machine} can ${event}`);
  return state;
}

async function moveStep(sql: Sql, step: StepId, event: EventOf<"step">, set = "", values: unknown[] = []) {
  const { rowCount } = await sql.query(
    `update loramill.steps set state = $2${set === "" ? "" : `, ${set}`} where id = $1 and state = any($3)`,
    [step, target("step", event), statesAllowing("step", event), ...values],
  );
  return rowCount === 1;
}

const TOLD_OF_RUN = {
  start: "run.started",
  succeed: "run.succeeded",
  fail: "run.failed",
  cancel: "run.cancelled",
  exhaust: "run.exhausted",
} as const;
const TOLD_OF_STEP = { fail: "step.failed", cancel: "step.cancelled" } as const;

/** The dispatcher's writes. Each is conditional on the state it starts from, so that two leaders do no harm; false: too late. */
export function transitionQueries({ pool, newId }: Connection) {
  return {
    async moveRun(
      run: RunId,
      event: "start" | "succeed" | "fail" | "cancel" | "exhaust",
      error: ErrorRecord | null,
    ): Promise<boolean> {
      return inTransaction(pool, async (sql) => {
        const state = target("run", event);
        const { rowCount } = await sql.query(
          `update loramill.runs
           set state = $2, error = $4, attention = attention or $2 <> 'running', started_at = coalesce(started_at, now()),
             ended_at = case when $2 = 'running' then null else now() end
           where id = $1 and state = any($3)`,
          [run, state, statesAllowing("run", event), error],
        );
        if (rowCount === 1) await tellRun(sql, run, TOLD_OF_RUN[event], { error });
        return rowCount === 1;
      });
    },

    async unblockStep({ run, step }: At): Promise<boolean> {
      return inTransaction(pool, async (sql) => {
        const moved = await moveStep(sql, step, "unblock");
        if (moved) await tellRun(sql, run, "step.ready", {}, { step });
        return moved;
      });
    },

    async endStep({ run, step }: At, event: "fail" | "cancel", error: ErrorRecord): Promise<boolean> {
      return inTransaction(pool, async (sql) => {
        const moved = await moveStep(sql, step, event, "error = $4, ended_at = now(), progress = null", [error]);
        if (moved) await tellRun(sql, run, TOLD_OF_STEP[event], { error }, { step });
        return moved;
      });
    },

    /** Takes an earlier result. Jobs that a resumed step still had are not needed any more, and end. */
    async reuseStep(
      { run, step }: At,
      found: Artifact,
      why: { readonly inputs: Record<string, Digest>; readonly reason: string },
    ): Promise<boolean> {
      return inTransaction(pool, async (sql) => {
        const moved = await moveStep(
          sql,
          step,
          "reuse",
          `key = $4, inputs = $5, output = $6, items = $7, summary = $8, reused_run = $9, reused_step = $10, reason = $11,
           ended_at = now()`,
          [found.key, why.inputs, found.output, found.items, found.summary, found.run, found.step, why.reason],
        );
        const data = { reason: why.reason, items: found.items, output: found.output, from: found.run };
        if (moved) await endWaiting(sql, step);
        if (moved) await attend(sql, run);
        if (moved) await tellRun(sql, run, "step.reused", data, { step });
        return moved;
      });
    },

    /**
     * Starts a ready step with its jobs, all in one transaction. A step that was resumed keeps the jobs it has when its
     * key is still the same. `live-key`: another live step makes the same; wait for it.
     */
    async startStep(
      { run, step }: At,
      start: {
        readonly key: Digest;
        readonly inputs: Record<string, Digest>;
        readonly reason: string;
        readonly jobs: readonly ExpandedJob[];
      },
    ): Promise<"started" | "too-late" | "live-key"> {
      try {
        return await inTransaction(pool, async (sql) => {
          const { rows } = await sql.query<{ key: Digest | null; project: string; kept: boolean }>(
            `select s.key, r.project, s.jobs_total > 0 and s.key = $3 as kept
             from loramill.steps s join loramill.runs r on r.id = s.run
             where s.id = $1 and s.state = any($2)
             for no key update of s`,
            [step, statesAllowing("step", "start"), start.key],
          );
          const before = rows[0];
          if (before === undefined) return "too-late";
          if (!before.kept) await replaceJobs(sql, { run, step, project: before.project, jobs: start.jobs, newId });
          await moveStep(sql, step, "start", "key = $4, inputs = $5, reason = $6, started_at = now(), told_at = null", [
            start.key,
            start.inputs,
            start.reason,
          ]);
          // A step without jobs is over as soon as it has begun; nobody would settle a job of it.
          if (start.jobs.length === 0) await attend(sql, run);
          await tellRun(sql, run, "step.started", { jobs: start.jobs.length, reason: start.reason }, { step });
          return "started";
        });
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.constraint === "steps_live_key") return "live-key";
        throw error;
      }
    },

    /** Ends a step with its output; `keep` remembers it under its key for other runs, unless a replay made it. */
    async succeedStep({ run, step }: At, result: StepOutput & { readonly keep: boolean }): Promise<boolean> {
      return inTransaction(pool, async (sql) => {
        const moved = await moveStep(
          sql,
          step,
          "succeed",
          "output = $4, items = $5, summary = $6, ended_at = now(), progress = null",
          [result.output, result.items, result.summary],
        );
        if (!moved) return false;
        if (result.keep) {
          await sql.query(
            `insert into loramill.artifacts (key, id, kind, output, items, summary, run, step, cost_micro_usd)
             select s.key, $2, s.kind, s.output, s.items, s.summary, s.run, s.id, s.spent_micro_usd
             from loramill.steps s join loramill.runs r on r.id = s.run
             where s.id = $1 and r.replay_of is null
             on conflict (key) do update
             set id = excluded.id, output = excluded.output, items = excluded.items, summary = excluded.summary,
               run = excluded.run, step = excluded.step, cost_micro_usd = excluded.cost_micro_usd, created_at = now()`,
            [step, newId("art")],
          );
        }
        await attend(sql, run);
        await tellRun(sql, run, "step.succeeded", { items: result.items, summary: result.summary }, { step });
        return true;
      });
    },

    /** Why a step waits, or was not reused; written only when it changes. */
    async explainStep({ run, step }: At, key: Digest, reason: string): Promise<void> {
      await inTransaction(pool, async (sql) => {
        const { rowCount } = await sql.query(
          `update loramill.steps set key = $2, reason = $3
           where id = $1 and state = 'ready' and (key, reason) is distinct from ($2, $3)`,
          [step, key, reason],
        );
        if (rowCount === 1) await tellRun(sql, run, "step.waiting", { reason }, { step });
      });
    },
  };
}

async function attend(sql: Sql, run: RunId): Promise<void> {
  await sql.query("update loramill.runs set attention = true where id = $1", [run]);
}

async function replaceJobs(
  sql: Sql,
  at: {
    readonly run: RunId;
    readonly step: StepId;
    readonly project: string;
    readonly jobs: readonly ExpandedJob[];
    readonly newId: Connection["newId"];
  },
): Promise<void> {
  await sql.query("delete from loramill.jobs where step = $1", [at.step]);
  for (let from = 0; from < at.jobs.length; from += JOBS_PER_INSERT) {
    const rows = at.jobs.slice(from, from + JOBS_PER_INSERT).map((job) => ({ ...job, id: at.newId("job") }));
    await sql.query(
      `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state, estimate_micro_usd)
       select id, $1, $2, $3, name, queue, ordinal, input, 'waiting', "estimateMicroUsd"
       from json_to_recordset($4::json)
         as j(id text, name text, queue text, ordinal int, input jsonb, "estimateMicroUsd" bigint)`,
      [at.run, at.step, at.project, jsonText(rows)],
    );
  }
  await sql.query(
    `update loramill.steps
     set jobs_total = $2, jobs_waiting = $2, jobs_open = 0, jobs_succeeded = 0, jobs_failed = 0, jobs_cancelled = 0
     where id = $1`,
    [at.step, at.jobs.length],
  );
}
