import {
  isFinal,
  type JobId,
  type JobOutput,
  type JobState,
  type JobView,
  type JsonObject,
  type ProjectId,
  type RunId,
  type RunState,
  type StepId,
  type StepState,
  statesAllowing,
} from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { reopenBatches } from "./change-runs.ts";
import { limitOf, type Page, type PageRequest, parseNumbers, toPage } from "./paging.ts";
import { isoOrNull } from "./run-view.ts";
import { tellRun } from "./runs.ts";
import { WAIT_COLUMNS, type WaitingRow, waitReasons } from "./wait-reason.ts";

interface JobRow extends WaitingRow {
  readonly id: JobId;
  readonly step: StepId;
  readonly step_ordinal: number;
  readonly ordinal: number;
  readonly epoch: number;
  readonly release: number;
  readonly workers_lost: number;
  readonly worker: string | null;
  readonly progress: JsonObject | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

const COLUMNS = `${WAIT_COLUMNS}, j.id, j.step, s.ordinal as step_ordinal, j.ordinal, j.epoch, j.release, j.workers_lost,
  j.worker, j.progress, j.started_at, j.ended_at`;

function toJobView(row: JobRow, waitReason: string | null): JobView {
  return {
    id: row.id,
    step: row.step,
    name: row.name,
    queue: row.queue,
    ordinal: row.ordinal,
    state: row.state,
    epoch: row.epoch,
    release: row.release,
    attemptsSpent: row.attempts_spent,
    workersLost: row.workers_lost,
    worker: row.worker,
    progress: row.progress,
    error: row.error,
    notBefore: isoOrNull(row.not_before),
    waitReason,
    startedAt: isoOrNull(row.started_at),
    endedAt: isoOrNull(row.ended_at),
  };
}

/** What came of asking for another try. */
export type RetryAnswer =
  | { readonly kind: "retried"; readonly run: RunId }
  /** With the states that forbid it. */
  | {
      readonly kind: "not-retryable";
      readonly run: RunId;
      readonly job: JobState;
      readonly step: { readonly name: string; readonly state: StepState };
    }
  | { readonly kind: "unknown" };

export function jobQueries({ pool }: Connection) {
  return {
    /** Makes the parked training or generation with that remote id due at once; the delivery that was to come is void. */
    async hurry(remoteId: string): Promise<void> {
      await pool.query(
        `update loramill.jobs set release = release + 1, enqueued_at = null, not_before = null
         where queue in ('train', 'generate') and state = 'parked' and turn->>'remoteId' = $1`,
        [remoteId],
      );
    },

    /** Which runs jobs belong to, in the order asked for; without those that are gone. */
    async runsOf(
      jobs: readonly JobId[],
    ): Promise<{ readonly job: JobId; readonly run: RunId; readonly name: string }[]> {
      const { rows } = await pool.query<{ job: JobId; run: RunId; name: string }>(
        `select j.id as job, r.id as run, r.name from unnest($1::text[]) with ordinality as asked(job, place)
         join loramill.jobs j on j.id = asked.job join loramill.runs r on r.id = j.run order by asked.place`,
        [jobs],
      );
      return rows;
    },

    async get(ref: { readonly job: JobId; readonly project?: ProjectId | undefined }): Promise<JobView | null> {
      const { rows } = await pool.query<JobRow>(
        `select ${COLUMNS} from loramill.jobs j
         join loramill.steps s on s.id = j.step join loramill.runs r on r.id = j.run
         where j.id = $1 and ($2::text is null or j.project = $2)`,
        [ref.job, ref.project ?? null],
      );
      const [reason] = await waitReasons(pool, rows);
      return rows[0] === undefined ? null : toJobView(rows[0], reason ?? null);
    },

    /** Outputs of the jobs of a step that succeeded, in job order. */
    async outputs(step: StepId): Promise<JobOutput[]> {
      const { rows } = await pool.query<{ output: JobOutput }>(
        `select output from loramill.jobs where step = $1 and state = 'succeeded' order by ordinal`,
        [step],
      );
      return rows.map((row) => row.output);
    },

    /** In the order of the plan. */
    async list(
      filter: PageRequest & {
        readonly run: RunId;
        readonly project?: ProjectId | undefined;
        /** Name of the step. */
        readonly step?: string | undefined;
        readonly state?: JobState | undefined;
      },
    ): Promise<Page<JobView>> {
      const limit = limitOf(filter);
      const [step, ordinal] = parseNumbers(filter.cursor, 2) ?? [-1, -1];
      const { rows } = await pool.query<JobRow>(
        `select ${COLUMNS} from loramill.steps s
         join loramill.jobs j on j.step = s.id join loramill.runs r on r.id = s.run
         where s.run = $1 and ($2::text is null or r.project = $2) and ($3::text is null or s.name = $3)
           and ($4::text is null or j.state = $4) and (s.ordinal, j.ordinal) > ($5, $6)
         order by s.ordinal, j.ordinal limit $7`,
        [filter.run, filter.project ?? null, filter.step ?? null, filter.state ?? null, step, ordinal, limit + 1],
      );
      const page = toPage(
        rows,
        limit,
        (row) => row,
        (row) => `${row.step_ordinal}.${row.ordinal}`,
      );
      const reasons = await waitReasons(pool, page.items);
      return { ...page, items: page.items.map((row, index) => toJobView(row, reasons[index] ?? null)) };
    },

    /**
     * Gives one failed, cancelled or quarantined job fresh attempts. While its step runs, the job simply waits again;
     * a run that has ended goes on with this one job. A step that succeeded without the job is not opened again.
     */
    async retry(ref: { readonly job: JobId; readonly project?: ProjectId | undefined }): Promise<RetryAnswer> {
      return inTransaction(pool, async (sql) => {
        const { rows } = await sql.query<{
          run: RunId;
          step: StepId;
          state: JobState;
          step_name: string;
          step_state: StepState;
          run_state: RunState;
        }>(
          `select j.run, j.step, j.state, s.name as step_name, s.state as step_state, r.state as run_state
           from loramill.jobs j join loramill.steps s on s.id = j.step join loramill.runs r on r.id = j.run
           where j.id = $1 and ($2::text is null or j.project = $2)
           for no key update of j, s, r`,
          [ref.job, ref.project ?? null],
        );
        const found = rows[0];
        if (found === undefined) return { kind: "unknown" };
        const { run, step } = found;
        const resumes = isFinal("run", found.run_state);
        const possible = resumes
          ? statesAllowing("run", "resume").includes(found.run_state) &&
            statesAllowing("step", "resume").includes(found.step_state)
          : found.step_state === "running";
        if (!possible || !statesAllowing("job", "resume").includes(found.state)) {
          const at = { name: found.step_name, state: found.step_state };
          return { kind: "not-retryable", run, job: found.state, step: at };
        }
        await sql.query(
          `update loramill.jobs
           set state = 'waiting', attempts_spent = 0, workers_lost = 0, error = null, cancel_requested_at = null,
             not_before = null, ended_at = null, enqueued_at = null, waiting_since = now()
           where id = $1`,
          [ref.job],
        );
        await sql.query(
          `update loramill.steps
           set jobs_waiting = jobs_waiting + 1, jobs_failed = jobs_failed - ($2 <> 'cancelled')::int,
             jobs_cancelled = jobs_cancelled - ($2 = 'cancelled')::int
           where id = $1`,
          [step, found.state],
        );
        await sql.query("update loramill.quarantine set resolved_at = now() where job = $1 and resolved_at is null", [
          ref.job,
        ]);
        if (resumes) await reopenAround(sql, run, step);
        if (resumes) await reopenBatches(sql, [run]);
        await sql.query(
          `update loramill.runs
           set attention = true, state = case when $2 then 'running' else state end,
             error = case when $2 then null else error end, ended_at = case when $2 then null else ended_at end,
             cancel_requested_at = case when $2 then null else cancel_requested_at end
           where id = $1`,
          [run, resumes],
        );
        await tellRun(sql, run, "job.retried", {}, { step, job: ref.job });
        await sql.query("select pg_notify('loramill_dispatch', '')");
        return { kind: "retried", run };
      });
    },
  };
}

/** What was given up because of the failed step comes back with it; other failures stay as they are. */
async function reopenAround(sql: Sql, run: RunId, step: StepId): Promise<void> {
  await sql.query(
    `update loramill.jobs j
     set state = 'waiting', cancel_requested_at = null, error = null, not_before = null, ended_at = null,
       enqueued_at = null, waiting_since = now()
     from loramill.steps s
     where s.run = $1 and (s.id = $2 or s.state = 'cancelled') and j.step = s.id and j.state = 'cancelled'`,
    [run, step],
  );
  await sql.query(
    `update loramill.steps
     set state = 'blocked', error = null, reason = null, ended_at = null, jobs_waiting = jobs_waiting + jobs_cancelled,
       jobs_cancelled = 0
     where run = $1 and (id = $2 or state = 'cancelled')`,
    [run, step],
  );
}
