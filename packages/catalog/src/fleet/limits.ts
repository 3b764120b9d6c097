import type { BatchId, CeilingPeriod, CeilingScope, ProjectId, RunId, SpendingLimit } from "@loramill/contracts";
import { type Sql, toNumber } from "../connection.ts";
import { COUNTS_FOR } from "./counts-for.ts";
import { OPEN, RECALLED_TENDERS, RESERVED, SET_ASIDE_TWICE } from "./reserved.ts";

/** A ceiling as it binds jobs; `project` is null where it binds all of them. */
export interface CeilingLimit extends SpendingLimit {
  readonly project: ProjectId | null;
  /** When it was set to this limit. */
  readonly since: Date;
  readonly of: { readonly kind: "ceiling"; readonly scope: CeilingScope; readonly period: CeilingPeriod };
}

/** A ceiling by the hour binds what is rented, not what is done there. */
export const isOfMoney = ({ of }: SpendingLimit): boolean => of.kind !== "ceiling" || of.period !== "hour";

/** Whoever reserves money holds this lock from reading what is left to the end of its transaction. */
export async function takeSpendingLock(sql: Sql): Promise<void> {
  await sql.query("select pg_advisory_xact_lock(hashtextextended('loramill/spending', 0))");
}

interface LimitRow {
  readonly limit: string;
  readonly spent: string;
  readonly reserved: string | null;
}

const amountsOf = ({ limit, spent, reserved }: LimitRow) => ({
  limitMicroUsd: toNumber(limit),
  spentMicroUsd: toNumber(spent),
  reservedMicroUsd: toNumber(reserved ?? 0),
});

/** Sums of the living machines' prices by the hour, whole for each project that they count for. */
const MACHINES = `(
  select sum(coalesce((p.offer->>'pricePerHourMicroUsd')::bigint, (
    select max((each->>'pricePerHourMicroUsd')::bigint) from jsonb_array_elements(p.candidates) each
  ), 0))
  from loramill.pods p
  where p.state <> 'ended' and p.ended_at is null and (c.project = '' or c.project = any(${COUNTS_FOR}))
)`;

/**
 * The ceilings with what counts against them: by sums that are kept, and over the open jobs alone. `project` leaves out those
 * of other projects.
 */
export async function ceilingLimits(sql: Sql, project?: ProjectId): Promise<CeilingLimit[]> {
  const { rows } = await sql.query<
    LimitRow & {
      project: ProjectId | "";
      name: string | null;
      period: CeilingPeriod;
      since: Date;
      reopens: Date | null;
    }
  >(
    `select c.project, p.name, c.period, c.created_at as since, c.limit_micro_usd as limit,
       coalesce(case when c.period = 'hour' then ${MACHINES} else (
         select sum(s.amount_micro_usd) from loramill.spending s
         where s.period = case when c.period = 'day' then to_char(now() at time zone 'utc', 'YYYY-MM-DD') else 'total' end
           and (c.project = '' or s.project = c.project)
       ) end, 0) as spent,
       case when c.period <> 'hour' then (
         select coalesce(sum(${RESERVED}), 0) from loramill.jobs j
         where j.state in ${OPEN} and (c.project = '' or j.project = c.project)
       ) + ${RECALLED_TENDERS} - case when c.project = '' then ${SET_ASIDE_TWICE} else 0 end end as reserved,
       case when c.period = 'day' then (date_trunc('day', now() at time zone 'utc') + interval '1 day') at time zone 'utc'
       end as reopens
     from loramill.ceilings c left join loramill.projects p on p.id = c.project
     where $1::text is null or c.project in ('', $1)
     order by c.project, c.period`,
    [project ?? null],
  );
  return rows.map((row) => ({
    ...amountsOf(row),
    project: row.project === "" ? null : row.project,
    since: row.since,
    of: { kind: "ceiling", scope: scopeOf(row), period: row.period },
    reopensAt: row.reopens,
  }));
}

const scopeOf = ({ project, name }: { readonly project: string; readonly name: string | null }): CeilingScope =>
  project === "" ? { kind: "account" } : { kind: "project", project: name ?? project };

/** What the jobs at work of run `r` have set aside. */
export const RESERVED_OF_RUN = `(
  select sum(${RESERVED}) from loramill.steps s join loramill.jobs j on j.step = s.id
  where s.run = r.id and s.jobs_open > 0 and j.state in ${OPEN}
)`;

/** The budgets of those of the runs that have one. */
export async function budgetLimits(sql: Sql, runs: readonly RunId[]): Promise<Record<string, SpendingLimit>> {
  const { rows } = await sql.query<LimitRow & { run: RunId }>(
    `select r.id as run, r.budget_micro_usd as limit, r.spent_micro_usd as spent, ${RESERVED_OF_RUN} as reserved
     from loramill.runs r where r.id = any($1) and r.budget_micro_usd is not null`,
    [runs],
  );
  return Object.fromEntries(
    rows.map((row) => [row.run, { ...amountsOf(row), of: { kind: "budget" }, reopensAt: null }]),
  );
}

/** The budget of a batch, as it binds the jobs of its runs. */
export interface BatchLimit extends SpendingLimit {
  readonly batch: BatchId;
}

/** What the jobs at work in batch `b` have set aside. */
export const RESERVED_IN_BATCH = `(
  select coalesce(sum(${RESERVED}), 0) from loramill.runs m
  join loramill.steps s on s.run = m.id join loramill.jobs j on j.step = s.id
  where m.batch = b.id and s.jobs_open > 0 and j.state in ${OPEN}
)`;

/** What the runs of batch `b` have cost. */
export const SPENT_IN_BATCH = `(
  select coalesce(sum(m.spent_micro_usd), 0) from loramill.runs m where m.batch = b.id
)`;

/** The budgets of the batches that these runs are of, where they have one. */
export async function batchLimits(sql: Sql, runs: readonly RunId[]): Promise<BatchLimit[]> {
  const { rows } = await sql.query<LimitRow & { batch: BatchId; name: string }>(
    `select b.id as batch, b.name, b.budget_micro_usd as limit, ${SPENT_IN_BATCH} as spent, ${RESERVED_IN_BATCH} as reserved
     from loramill.batches b
     where b.budget_micro_usd is not null
       and b.id in (select batch from loramill.runs where id = any($1) and batch is not null)
     order by b.id`,
    [runs],
  );
  return rows.map(({ batch, name, ...row }) => ({
    ...amountsOf(row),
    batch,
    of: { kind: "batch", name },
    reopensAt: null,
  }));
}
