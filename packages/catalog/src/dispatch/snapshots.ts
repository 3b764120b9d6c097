import type {
  Digest,
  ErrorRecord,
  PlannedStep,
  ProjectId,
  RunId,
  RunPolicy,
  RunState,
  StepId,
  StepState,
} from "@loramill/contracts";
import type { JobTally } from "@loramill/orchestration";
import { type Connection, toNumber } from "../connection.ts";
import { RESERVED } from "../fleet/reserved.ts";

/** A run as `advanceRun` looks at it, read by one statement, and what is needed to write its decisions. */
export interface OpenRun {
  readonly run: RunId;
  readonly state: RunState;
  readonly cancelRequested: boolean;
  readonly policy: RunPolicy;
  readonly budget: { readonly microUsd: number | null; readonly spent: number; readonly reserved: number };
  /** Set once it has passed. */
  readonly missedDeadline: Date | null;
  readonly steps: readonly OpenStep[];
}

export interface OpenStep {
  readonly id: StepId;
  readonly name: string;
  readonly state: StepState;
  readonly needs: readonly string[];
  readonly jobs: JobTally;
  /** Of the step, or of the first of its jobs that failed. */
  readonly error: ErrorRecord | null;
}

/** A step whose needs are met, with the outputs of the steps it needs. */
export interface ReadyStep {
  readonly id: StepId;
  readonly run: RunId;
  readonly runName: string;
  readonly project: ProjectId;
  readonly name: string;
  readonly planned: PlannedStep;
  readonly reuse: boolean;
  readonly key: Digest | null;
  readonly reason: string | null;
  readonly inputs: Readonly<Record<string, { readonly digest: Digest; readonly kind: string }>>;
}

interface RunRow {
  readonly run: RunId;
  readonly state: RunState;
  readonly cancel: boolean;
  readonly policy: RunPolicy;
  readonly budget: string | null;
  readonly spent: string;
  readonly reserved: string | null;
  readonly missed: Date | null;
  readonly steps: readonly OpenStep[];
}

/** A training that is to finish with what it has gets so long for it after the deadline. */
const FINISHING = `case when r.lock->'policy'->>'onBudget' = 'finish' and exists (
  select 1 from loramill.steps s where s.run = r.id and s.kind = 'train' and s.state = 'running'
) then interval '5 minutes' else interval '0' end`;

const SNAPSHOT = `
select r.id as run, r.state, r.cancel_requested_at is not null as cancel, r.lock->'policy' as policy,
  r.budget_micro_usd as budget, r.spent_micro_usd as spent,
  case when r.budget_micro_usd is not null then (
    select sum(${RESERVED}) from loramill.jobs j join loramill.steps s on s.id = j.step
    where s.run = r.id and s.jobs_open > 0 and j.state in ('released', 'active', 'parked')
  ) end as reserved,
  case when r.deadline + ${FINISHING} <= now() then r.deadline end as missed,
  (
    select json_agg(json_build_object(
      'id', s.id, 'name', s.name, 'state', s.state, 'needs', s.planned->'needs',
      'jobs', json_build_object('total', s.jobs_total, 'waiting', s.jobs_waiting, 'open', s.jobs_open,
        'succeeded', s.jobs_succeeded, 'failed', s.jobs_failed, 'cancelled', s.jobs_cancelled),
      'error', coalesce(s.error, case when s.jobs_failed > 0 then (
        select j.error from loramill.jobs j
        where j.step = s.id and j.state in ('failed', 'quarantined') order by j.ordinal limit 1
      ) end)
    ) order by s.ordinal)
    from loramill.steps s where s.run = r.id
  ) as steps
from loramill.runs r
where r.id = any($1)`;

export function snapshotQueries({ pool }: Connection) {
  return {
    /**
     * The open runs that changed since they were last taken, and those whose deadline has passed; what changes afterwards
     * asks for attention again. With `all`, every open run: for a new leader and for the rare sweep.
     */
    async takeRuns(request: { readonly all: boolean; readonly limit: number }): Promise<RunId[]> {
      const taken = await pool.query<{ id: RunId }>(
        `update loramill.runs r set attention = false
         from (
           select id from loramill.runs where attention and state in ('planned', 'running')
           order by id limit $1 for no key update skip locked
         ) a
         where r.id = a.id
         returning r.id`,
        [request.limit],
      );
      const open = await pool.query<{ id: RunId }>(
        `select id from loramill.runs where state in ('planned', 'running') ${request.all ? "" : "and deadline <= now()"}
         order by id`,
      );
      return [...new Set([...taken.rows, ...open.rows].map((row) => row.id))];
    },

    /** Only those of the runs that exist. */
    async openRuns(runs: readonly RunId[]): Promise<OpenRun[]> {
      const { rows } = await pool.query<RunRow>(SNAPSHOT, [runs]);
      return rows.map((row) => ({
        run: row.run,
        state: row.state,
        cancelRequested: row.cancel,
        policy: row.policy,
        budget: {
          microUsd: row.budget === null ? null : toNumber(row.budget),
          spent: toNumber(row.spent),
          reserved: toNumber(row.reserved ?? 0),
        },
        missedDeadline: row.missed,
        steps: row.steps ?? [],
      }));
    },

    /** Steps that wait to be started, oldest first, page by page. */
    async readySteps(page: { readonly after: string; readonly limit: number }): Promise<ReadyStep[]> {
      const { rows } = await pool.query<ReadyStep>(
        `select s.id, s.run, r.name as "runName", r.project, s.name, s.planned, s.reuse, s.key, s.reason, coalesce((
           select json_object_agg(n.name, json_build_object('digest', n.output, 'kind', n.kind))
           from loramill.steps n
           where n.run = s.run and n.state in ('succeeded', 'reused')
             and n.name in (select jsonb_array_elements_text(s.planned->'needs'))
         ), '{}') as inputs
         from loramill.steps s join loramill.runs r on r.id = s.run
         where s.state = 'ready' and r.state = 'running' and r.cancel_requested_at is null and s.id > $1
         order by s.id
         limit $2`,
        [page.after, page.limit],
      );
      return rows;
    },
  };
}
