import {
  BatchFailure,
  BatchId,
  BatchMember,
  type BatchState,
  type BatchSummary,
  type BatchView,
  type ErrorRecord,
  type MemberState,
  type ProjectId,
} from "@loramill/contracts";
import { toNumber } from "../connection.ts";
import { RESERVED_IN_BATCH } from "../fleet/limits.ts";
import { isoOrNull } from "./run-view.ts";

/**
 * State of member `m` of batch `b`, whose run is `r`. What was not planned when the batch was ended counts as cancelled with
 * the rest.
 */
export const MEMBER_STATE = `case when m.run is not null then r.state when m.error is not null then 'refused'
  when b.cancel_requested_at is not null or b.stopped is not null then 'cancelled' else 'waiting' end`;

/** Batch `b` with counts of its members and what their runs have cost. */
export const SUMMARY = `
select b.id, b.name, b.project as owner, p.name as project, b.total, b.budget_micro_usd as budget, b.deadline, b.max_failures, b.stopped,
  b.cancel_requested_at is not null as cancelling, b.created_at, c.counts, c.spent
from loramill.batches b join loramill.projects p on p.id = b.project
cross join lateral (
  select json_object_agg(s.state, s.count) as counts, sum(s.spent) as spent from (
    select ${MEMBER_STATE} as state, count(*)::int as count, coalesce(sum(r.spent_micro_usd), 0) as spent
    from loramill.batch_members m left join loramill.runs r on r.id = m.run
    where m.batch = b.id group by 1
  ) s
) c`;

export interface SummaryRow {
  readonly id: string;
  readonly name: string;
  readonly owner: ProjectId;
  readonly project: string;
  readonly total: number;
  readonly budget: string | null;
  readonly deadline: Date | null;
  readonly max_failures: number | null;
  readonly stopped: ErrorRecord | null;
  readonly cancelling: boolean;
  readonly created_at: Date;
  readonly counts: Partial<Record<MemberState, number>> | null;
  readonly spent: string | null;
}

const NONE: Readonly<Record<MemberState, number>> = {
  ...{ waiting: 0, refused: 0, planned: 0, running: 0 },
  ...{ succeeded: 0, failed: 0, cancelled: 0, exhausted: 0 },
};

export function toBatchSummary(row: SummaryRow): BatchSummary {
  const counts = { ...NONE, ...row.counts };
  return {
    id: BatchId.parse(row.id),
    name: row.name,
    project: row.project,
    state: stateOf(counts, row),
    total: row.total,
    counts,
    budgetMicroUsd: row.budget === null ? null : toNumber(row.budget),
    spentMicroUsd: toNumber(row.spent ?? 0),
    deadline: isoOrNull(row.deadline),
    maxFailures: row.max_failures,
    cancelRequested: row.cancelling,
    stopped: row.stopped,
    createdAt: row.created_at.toISOString(),
  };
}

function stateOf(
  counts: Readonly<Record<MemberState, number>>,
  { cancelling, stopped, total }: SummaryRow,
): BatchState {
  if (counts.waiting > 0) return "planning";
  if (counts.planned + counts.running > 0) return "running";
  if (counts.succeeded === total) return "succeeded";
  if (cancelling) return "cancelled";
  return stopped !== null || counts.failed + counts.refused + counts.exhausted > 0 ? "failed" : "cancelled";
}

/** What the whole of batch `$1` takes a closer look to know. */
export const DETAILS = `
select ${RESERVED_IN_BATCH} as reserved,
  (
    select coalesce(sum(q.expected), 0) from loramill.runs r cross join lateral (
      select (e.data->>'expectedMicroUsd')::bigint as expected from loramill.run_events e
      where e.run = r.id and e.type = 'run.quoted' order by e.id limit 1
    ) q where r.batch = b.id
  ) as quoted,
  (
    select extract(epoch from now() - min(r.started_at))::float8 from loramill.runs r where r.batch = b.id
  ) as elapsed,
  (
    select coalesce(json_agg(f order by f.count desc, f.code), '[]') from (
      select e.error->>'code' as code, count(*)::int as count, (array_agg(e.error->>'message' order by e.number))[1] as message,
        (array_agg(e.name order by e.number))[1:5] as members
      from (
        select m.number, m.name, coalesce(m.error, r.error) as error
        from loramill.batch_members m left join loramill.runs r on r.id = m.run
        where m.batch = b.id and (m.error is not null or r.state in ('failed', 'exhausted'))
      ) e where e.error is not null group by 1
    ) f
  ) as failures
from loramill.batches b where b.id = $1`;

export interface DetailsRow {
  readonly reserved: string;
  readonly quoted: string;
  readonly elapsed: number | null;
  readonly failures: unknown;
}

export function toBatchView(summary: BatchSummary, row: DetailsRow): BatchView {
  const { counts, state } = summary;
  const ended = counts.succeeded + counts.failed + counts.exhausted;
  const left = counts.waiting + counts.planned + counts.running;
  const isOpen = state === "planning" || state === "running";
  return {
    ...summary,
    reservedMicroUsd: toNumber(row.reserved),
    quotedMicroUsd: toNumber(row.quoted),
    etaSeconds: isOpen && ended > 0 && row.elapsed !== null ? (row.elapsed / ended) * left : null,
    failures: BatchFailure.array().parse(row.failures),
  };
}

/** Members of batch `$1` from number `$2` on, in state `$3` if that is given, at most `$4`. */
export const MEMBERS = `
select t.* from (
  select m.number, m.name, m.values, ${MEMBER_STATE} as state, coalesce(m.error, r.error) as error,
    r.id as run, r.spent_micro_usd as spent, r.started_at, r.ended_at, (
      select coalesce(json_agg(json_build_object('name', l.name, 'version', l.version, 'document', l.document) order by l.id), '[]')
      from loramill.loras l where l.run = r.id and l.deleted_at is null
    ) as loras,
    (select count(*)::int from loramill.generations g where g.run = r.id) as pictures
  from loramill.batch_members m join loramill.batches b on b.id = m.batch left join loramill.runs r on r.id = m.run
  where m.batch = $1 and m.number > $2
) t
where $3::text is null or t.state = $3
order by t.number limit $4`;

export interface MemberRow {
  readonly number: number;
  readonly name: string;
  readonly values: BatchMember["values"];
  readonly state: MemberState;
  readonly error: ErrorRecord | null;
  readonly run: string | null;
  readonly spent: string | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly loras: unknown;
  readonly pictures: number;
}

export function toBatchMember({ run, spent, started_at, ended_at, ...row }: MemberRow): BatchMember {
  return BatchMember.parse({
    ...row,
    run:
      run === null
        ? null
        : {
            id: run,
            spentMicroUsd: toNumber(spent),
            startedAt: isoOrNull(started_at),
            endedAt: isoOrNull(ended_at),
          },
  });
}
