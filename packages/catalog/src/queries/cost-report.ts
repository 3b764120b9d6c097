import type { CostGrouping, CostReport, CostRow, ProjectId } from "@loramill/contracts";
import { FLEET_PROJECT, SERVERLESS } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";

export interface CostSelection {
  readonly by: CostGrouping;
  readonly project?: ProjectId | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  /** Rows; what is left out is added up. */
  readonly limit: number;
}

/** How an entry is named and grouped. `label` may differ within a group: the greatest is taken. */
const GROUPINGS: Readonly<Record<CostGrouping, { key: string; label: string; order: string }>> = {
  run: { key: "e.run", label: "r.name", order: "amount desc, key" },
  step: { key: "e.step", label: "r.name || ' / ' || s.name", order: "amount desc, key" },
  artifact: {
    key: "coalesce(a.id, '')",
    label: "case when a.id is null then 'no result' else coalesce(made.name, r.name || ' / ' || s.name) end",
    order: "amount desc, key",
  },
  project: { key: "p.name", label: "p.name", order: "amount desc, key" },
  day: {
    key: "to_char(e.at at time zone 'UTC', 'YYYY-MM-DD')",
    label: "to_char(e.at at time zone 'UTC', 'YYYY-MM-DD')",
    order: "key desc",
  },
  supplier: { key: "e.supplier", label: "e.supplier", order: "amount desc, key" },
  pod: { key: "coalesce(e.pod, '')", label: "coalesce(e.pod, 'no rented machine')", order: "amount desc, key" },
};

/** The day of an entry `l`, in UTC: no machine has such a name. */
const DAY = "'day ' || to_char(l.at at time zone 'UTC', 'YYYY-MM-DD')";

/**
 * Entries of the ledger, those of machines' own runs (boot and idle time) shared out: in proportion to the seconds that jobs
 * had of the machine, or equally among those that it was wanted for when none had any; and those of volumes among all jobs that
 * were charged for machines on the same day, and those of the serverless endpoint among those that it drew for. Shares are differences of a rounded running sum, so that they add up to the
 * entry to the micro-dollar. What was there for nobody keeps its entry.
 */
const ENTRIES = `
  chosen as materialized (
    select l.*, r.project = fleet.id as is_overhead, case when r.project = fleet.id then
      coalesce(l.pod, case when l.kind = 'storage' then ${DAY} when l.supplier = '${SERVERLESS}' then '${SERVERLESS}, ' || ${DAY} end) end as source
    from loramill.ledger l join loramill.runs r on r.id = l.run
    left join (select id from loramill.projects where name = $1) fleet on true
    where ($2::timestamptz is null or l.at >= $2) and ($3::timestamptz is null or l.at < $3)
  ), machines as (
    select distinct source from chosen where source is not null
  ), used as (
    select m.source, l.job, l.step, l.run, sum(l.quantity::numeric) as weight
    from loramill.ledger l join loramill.runs r on r.id = l.run join machines m on m.source in (
      l.pod, case when l.pod is not null then ${DAY} end, case when l.supplier = '${SERVERLESS}' then '${SERVERLESS}, ' || ${DAY} end
    )
    where l.unit in ('cpu-second', 'gpu-second')
      and r.project <> (select id from loramill.projects where name = $1)
    group by 1, 2, 3, 4 having sum(l.quantity) > 0
  ), wanted as (
    select m.source, j.id as job, j.step, j.run, 1::numeric as weight
    from machines m join loramill.pods p on p.name = m.source
    cross join lateral unnest(p.wanted_for) as w(job) join loramill.jobs j on j.id = w.job
    where not exists (select 1 from used u where u.source = m.source)
  ), shares as (
    select *, sum(weight) over (partition by source order by job) as upto, sum(weight) over (partition by source) as total
    from (select * from used union all select * from wanted) each
  ), entries as (
    select id, run, step, job, pod, supplier, at, amount_micro_usd::numeric as amount, 0::numeric as overhead,
      case when unit in ('cpu-second', 'gpu-second') then quantity else 0 end as seconds
    from chosen where not coalesce(is_overhead, false) or not exists (select 1 from shares s where s.source = chosen.source)
    union all
    select c.id, s.run, s.step, s.job, c.pod, c.supplier, c.at, part.amount, part.amount, 0
    from chosen c join shares s on s.source = c.source
    cross join lateral (
      select floor(c.amount_micro_usd * s.upto / s.total) - floor(c.amount_micro_usd * (s.upto - s.weight) / s.total) as amount
    ) part
    where c.is_overhead
  )`;

interface Row {
  readonly key: string;
  readonly label: string;
  readonly project: string | null;
  readonly amount: string;
  readonly overhead: string;
  readonly seconds: number;
  readonly entries: number;
}

export function costReportQueries({ pool }: Connection) {
  return {
    /** What everything cost, by something. The sums come from the ledger itself, not from counters. */
    async report({ by, project, from, to, limit }: CostSelection): Promise<CostReport> {
      const { key, label, order } = GROUPINGS[by];
      const { rows } = await pool.query<Row & { rows: number; total: string }>(
        `with ${ENTRIES}, grouped as (
           select ${key} as key, max(${label}) as label,
             case when count(distinct p.name) = 1 then max(p.name) end as project, sum(e.amount) as amount,
             sum(e.overhead) as overhead, sum(e.seconds) as seconds, count(distinct e.id)::int as entries
           from entries e
           join loramill.runs r on r.id = e.run join loramill.projects p on p.id = r.project
           join loramill.steps s on s.id = e.step
           left join loramill.artifacts a on a.step = e.step
           left join lateral (
             select max(l.name || ' v' || l.version) as name from loramill.loras l where l.step = e.step
           ) made on true
           where $4::text is null or r.project = $4
           group by 1
         )
         select *, count(*) over ()::int as rows, sum(amount) over () as total from grouped
         order by ${order} limit $5`,
        [FLEET_PROJECT, from ?? null, to ?? null, project ?? null, limit],
      );
      const shown = rows.map(toCostRow);
      const totalMicroUsd = toNumber(rows[0]?.total ?? "0");
      const shownMicroUsd = shown.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
      return {
        by,
        from: from?.toISOString() ?? null,
        to: to?.toISOString() ?? null,
        totalMicroUsd,
        rows: shown,
        rest: { rows: (rows[0]?.rows ?? 0) - shown.length, amountMicroUsd: totalMicroUsd - shownMicroUsd },
      };
    },
  };
}

const toCostRow = ({ key, label, project, amount, overhead, seconds, entries }: Row): CostRow => ({
  ...{ key, label, project, entries, computeSeconds: seconds },
  amountMicroUsd: toNumber(amount),
  overheadMicroUsd: toNumber(overhead),
});
