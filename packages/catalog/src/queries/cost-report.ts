import type { CostGrouping, CostReport, CostRow, ProjectId } from "@loramill/contracts";
import { FLEET_PROJECT } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";
import { sharedEntries } from "./shared-entries.ts";

export interface CostSelection {
  readonly by: CostGrouping;
  readonly project?: ProjectId | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  /** Rows; what is left out is added up. */
  readonly limit: number;
}

interface Grouping {
  readonly key: string;
  /** May differ within a group: the greatest is taken. */
  readonly label: string;
  readonly order: string;
  /** What it needs besides the entries' runs, steps and projects. */
  readonly join?: string;
}

/**
 * What steps made: the artifact that other runs may take, and the LoRA. A step has results without either, which nobody
 * else takes because a part of them is missing: a training that its budget has ended, items of which one failed.
 */
const MADE = `left join (
  select step, max(artifact) as artifact, max(lora) as lora from (
    select step, id as artifact, null as lora from loramill.artifacts
    union all
    select step, null, name || ' v' || version from loramill.loras
  ) each where step in (select step from entries) group by step
) made on made.step = e.step`;

/** How an entry is named and grouped. */
const GROUPINGS: Readonly<Record<CostGrouping, Grouping>> = {
  run: { key: "e.run", label: "r.name", order: "amount desc, key" },
  step: { key: "e.step", label: "r.name || ' / ' || s.name", order: "amount desc, key" },
  artifact: {
    key: "coalesce(made.artifact, case when coalesce(made.lora, s.output) is not null then s.id end, '')",
    label:
      "coalesce(made.lora, case when coalesce(made.artifact, s.output) is not null then r.name || ' / ' || s.name end, 'no result')",
    order: "amount desc, key",
    join: MADE,
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

const ENTRIES = sharedEntries({
  chosen: "($2::timestamptz is null or l.at >= $2) and ($3::timestamptz is null or l.at < $3)",
  standing: true,
});

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
      const { key, label, order, join = "" } = GROUPINGS[by];
      const { rows } = await pool.query<Row & { rows: number; total: string }>(
        `with ${ENTRIES}, grouped as (
           select ${key} as key, max(${label}) as label,
             case when count(distinct p.name) = 1 then max(p.name) end as project, sum(e.amount) as amount,
             sum(e.overhead) as overhead, sum(e.seconds) as seconds, count(distinct e.id)::int as entries
           from entries e
           join loramill.runs r on r.id = e.run join loramill.projects p on p.id = r.project
           join loramill.steps s on s.id = e.step
           ${join}
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
