import {
  type BulkAction,
  FLEET_PROJECT,
  type ProjectId,
  type RunFilter,
  type RunState,
  statesAllowing,
} from "@loramill/contracts";
import { type Sql, toNumber } from "../connection.ts";
import { RESERVED_OF_RUN } from "../fleet/limits.ts";
import { IS_OURS } from "./change-runs.ts";

/** A run that a change would reach, and what is at stake. Micro-dollars. */
export interface FoundRun {
  readonly run: string;
  readonly name: string;
  readonly was: RunState;
  readonly spent: number;
  readonly reserved: number;
  /** What it was quoted over what it has cost. */
  readonly outstanding: number;
}

/** Runs `r` that match; those of the fleet tend machines, and end with them alone. */
const MATCHING = `
from loramill.runs r join loramill.projects p on p.id = r.project
where p.name <> '${FLEET_PROJECT}' and ($1::text is null or r.project = $1)
  and ($2::text[] is null or r.state = any($2)) and ($3::text is null or r.batch = $3)
  and ($4::text is null or r.name like $4) and ($5::timestamptz is null or r.created_at < $5)
  and ($6::timestamptz is null or r.created_at >= $6) and ($7::text is null or r.error->>'code' = $7)`;

/** Those of them that it makes sense to change: `$8` are the states, `$9` the new priority if it is one. */
const CHANGEABLE = `r.state = any($8) and ($9::int is null or r.priority <> $9)
  and (not $10 or r.cancel_requested_at is null) and (not $11 or ${IS_OURS})`;

const EXPECTED = `(
  select (e.data->>'expectedMicroUsd')::bigint from loramill.run_events e
  where e.run = r.id and e.type = 'run.quoted' order by e.id limit 1
)`;

/** The states in which an action can be done. */
export const statesFor = ({ kind }: BulkAction): RunState[] =>
  statesAllowing("run", kind === "resume" ? "resume" : "cancel");

/** The oldest runs that an action over a filter would change, and how many match it in all. */
export async function findChangeable(
  sql: Sql,
  request: {
    readonly action: BulkAction;
    readonly filter: RunFilter;
    readonly project: ProjectId | null;
    readonly limit: number;
  },
): Promise<{ readonly matching: number; readonly runs: readonly FoundRun[] }> {
  const { action, filter, project, limit } = request;
  const matches = [
    ...[
      project,
      filter.states ?? null,
      filter.batch ?? null,
      filter.name === undefined ? null : toPattern(filter.name),
    ],
    ...[filter.createdBefore ?? null, filter.createdAfter ?? null, filter.errorCode ?? null],
  ];
  const counted = await sql.query<{ count: number }>(`select count(*)::int as count ${MATCHING}`, matches);
  const { rows } = await sql.query<{
    run: string;
    name: string;
    was: RunState;
    spent: string;
    reserved: string | null;
    expected: string | null;
  }>(
    `select r.id as run, r.name, r.state as was, r.spent_micro_usd as spent, ${RESERVED_OF_RUN} as reserved,
       ${EXPECTED} as expected
     ${MATCHING} and ${CHANGEABLE} order by r.id limit $12`,
    [
      ...matches,
      statesFor(action),
      action.kind === "priority" ? action.priority : null,
      action.kind === "cancel",
      action.kind === "resume",
      limit,
    ],
  );
  return {
    matching: counted.rows[0]?.count ?? 0,
    runs: rows.map(({ spent, reserved, expected, ...row }) => ({
      ...row,
      spent: toNumber(spent),
      reserved: toNumber(reserved ?? 0),
      outstanding: Math.max(0, toNumber(expected ?? 0) - toNumber(spent)),
    })),
  };
}

/** A name with * for anything, as SQL's LIKE has it. */
const toPattern = (name: string): string => name.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
