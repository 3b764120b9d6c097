import { randomUUID } from "node:crypto";
import type { Catalog } from "@loramill/catalog";
import { type BatchId, makeId, mapBounded, type PlannedMember, type ProjectId } from "@loramill/contracts";

/** Statements under way at a time, as many as the API plans members at. */
const AT_ONCE = 4;

/** A batch that was ended, so that nobody plans its members, with all of them. */
const BATCH = `
with batch as (
  insert into loramill.batches (id, project, name, total, request_digest, cancel_requested_at) values ($1, $2, 'raw', $3, '', now())
)
insert into loramill.batch_members (batch, number, name, values, spec)
select $1, number, name, values, spec
from json_to_recordset($4::json) as m(number int, name text, values jsonb, spec jsonb)`;

const RUN = `
with run as (
  insert into loramill.runs select * from json_populate_record(null::loramill.runs, $1::json)
), steps as (
  insert into loramill.steps select * from json_populate_recordset(null::loramill.steps, $2::json)
), events as (
  insert into loramill.run_events (run, type, data)
  select run, type, data from json_populate_recordset(null::loramill.run_events, $3::json)
)
update loramill.batch_members set run = $4 where batch = $5 and number = $6`;

const ROWS = `
select to_json(r)::text as run, r.id,
  (select json_agg(s)::text from loramill.steps s where s.run = r.id) as steps,
  (select array_agg(s.id) from loramill.steps s where s.run = r.id) as ids,
  (select json_agg(e)::text from loramill.run_events e where e.run = r.id) as events
from loramill.runs r where r.batch = $1 order by r.id`;

/** The rows of a planned member, as JSON. */
export interface RunRows {
  readonly run: string;
  readonly id: string;
  readonly steps: string;
  readonly ids: readonly string[];
  readonly events: string;
}

/** Writes the rows of a batch and its members by one statement: the least that they can cost. */
export async function insertBatch(
  { pool }: Pick<Catalog, "pool">,
  project: ProjectId,
  members: readonly PlannedMember[],
): Promise<BatchId> {
  const id = makeId("bat", randomUUID());
  await pool.query(BATCH, [id, project, members.length, JSON.stringify(members)]);
  return id;
}

/** What the API has written of the planned members of a batch. */
export async function readRuns({ pool }: Pick<Catalog, "pool">, batch: string): Promise<RunRows[]> {
  return (await pool.query<RunRows>(ROWS, [batch])).rows;
}

/** The same rows under other ids. */
export function copyRuns(rows: readonly RunRows[]): RunRows[] {
  return rows.map((row) => {
    const ids = [row.id, ...row.ids].map((id) => [id, makeId(id === row.id ? "run" : "stp", randomUUID())] as const);
    const renamed = (text: string) => ids.reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const [run = "", ...steps] = ids.map(([, id]) => id);
    return { id: run, ids: steps, run: renamed(row.run), steps: renamed(row.steps), events: renamed(row.events) };
  });
}

/** Writes the rows of each run in a transaction of its own, as whoever plans them has to. */
export async function insertRuns({ pool }: Pick<Catalog, "pool">, batch: BatchId, rows: readonly RunRows[]) {
  await mapBounded(rows, AT_ONCE, async ({ run, steps, events, id }, at) => {
    await pool.query({ name: "raw-run", text: RUN, values: [run, steps, events, id, batch, at + 1] });
  });
}
