import {
  BatchId,
  type BatchMember,
  type BatchSummary,
  type BatchView,
  type Digest,
  type MemberState,
  type PlannedMember,
  type ProjectId,
  RunId,
  UserError,
} from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import {
  DETAILS,
  type DetailsRow,
  MEMBERS,
  type MemberRow,
  SUMMARY,
  type SummaryRow,
  toBatchMember,
  toBatchSummary,
  toBatchView,
} from "./batch-view.ts";
import { cancelRuns, type RunTerms, resumeRuns } from "./change-runs.ts";
import { limitOf, type Page, type PageRequest, parseNumbers, toPage, toPageById } from "./paging.ts";

/** Members written by one statement. */
const MEMBERS_PER_INSERT = 250;
/** Runs that are changed in one transaction. */
const RUNS_PER_CHANGE = 500;

/** Which batch, and (for callers of the API) whose: one of another project is not there. */
export interface BatchRef {
  readonly batch: BatchId;
  readonly project?: ProjectId | undefined;
}

/** A batch as it is submitted. */
export interface NewBatch {
  readonly project: ProjectId;
  readonly name: string;
  readonly budgetMicroUsd: number | null;
  readonly deadline: Date | null;
  readonly maxFailures: number | null;
  readonly members: readonly PlannedMember[];
  readonly requestDigest: Digest;
  readonly idempotencyKey?: string | undefined;
}

/** What a resumed batch gets instead of what it had; what is left out, or undefined, stays. */
export interface BatchTerms extends RunTerms {
  readonly maxFailures?: number | null | undefined;
}

export function batchQueries({ pool, newId }: Connection) {
  const summaries = async (where: string, values: readonly unknown[]): Promise<BatchSummary[]> => {
    const { rows } = await pool.query<SummaryRow>(`${SUMMARY} ${where}`, [...values]);
    return rows.map(toBatchSummary);
  };
  const get = async ({ batch, project }: BatchRef): Promise<BatchView | null> => {
    const [summary] = await summaries("where b.id = $1 and ($2::text is null or b.project = $2)", [batch, project]);
    if (summary === undefined) return null;
    const { rows } = await pool.query<DetailsRow>(DETAILS, [batch]);
    const [details] = rows;
    return details === undefined ? null : toBatchView(summary, details);
  };

  return {
    get,

    /**
     * Writes a batch with all of its members, which wait for their plans: from here on it is submitted, whoever dies. An
     * Idempotency-Key that has made one answers it again; UserError `idempotency-conflict` where it was another request's.
     */
    async create({ members, ...batch }: NewBatch): Promise<BatchId> {
      return inTransaction(pool, async (sql) => {
        const { rows } = await sql.query<{ id: BatchId }>(
          `insert into loramill.batches
             (id, project, name, total, budget_micro_usd, deadline, max_failures, idempotency_key, request_digest)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (project, idempotency_key) where idempotency_key is not null do nothing
           returning id`,
          [
            ...[newId("bat"), batch.project, batch.name, members.length, batch.budgetMicroUsd, batch.deadline],
            ...[batch.maxFailures, batch.idempotencyKey ?? null, batch.requestDigest],
          ],
        );
        const [made] = rows;
        if (made === undefined) return findByKey(sql, batch);
        for (let from = 0; from < members.length; from += MEMBERS_PER_INSERT) {
          await sql.query(
            `insert into loramill.batch_members (batch, number, name, values, spec)
             select $1, number, name, values, spec
             from json_to_recordset($2::json) as m(number int, name text, values jsonb, spec jsonb)`,
            [made.id, jsonText(members.slice(from, from + MEMBERS_PER_INSERT))],
          );
        }
        await sql.query("select pg_notify('loramill_batches', '')");
        return made.id;
      });
    },

    /** Newest first. */
    async list(filter: PageRequest & { readonly project?: ProjectId | undefined }): Promise<Page<BatchSummary>> {
      const limit = limitOf(filter);
      const found = await summaries(
        "where ($1::text is null or b.project = $1) and ($2::text is null or b.id < $2) order by b.id desc limit $3",
        [filter.project ?? null, filter.cursor ?? null, limit + 1],
      );
      return toPageById(found, limit);
    },

    /** In their order. */
    async members(
      batch: BatchId,
      filter: PageRequest & { readonly state?: MemberState | undefined },
    ): Promise<Page<BatchMember>> {
      const limit = limitOf(filter);
      const [after = 0] = parseNumbers(filter.cursor, 1) ?? [];
      const { rows } = await pool.query<MemberRow>(MEMBERS, [batch, after, filter.state ?? null, limit + 1]);
      return toPage(rows, limit, toBatchMember, ({ number }) => `${number}`);
    },

    /** Ends what is open of it; what was not planned yet is not begun. */
    async cancel({ batch, project }: BatchRef): Promise<"requested" | "unknown"> {
      const { rowCount } = await pool.query(
        `update loramill.batches set cancel_requested_at = coalesce(cancel_requested_at, now())
         where id = $1 and ($2::text is null or project = $2)`,
        [batch, project ?? null],
      );
      if (rowCount === 0) return "unknown";
      await cancelOpenRuns(pool, batch);
      return "requested";
    },

    /**
     * Takes up what failed, what ran out of something and what could not be planned; of a batch that was ended, what was
     * cancelled with it too. In short transactions, of which the last opens the batch again: asked a second time, it goes
     * on where it was. `ending`: runs of it are still being cancelled.
     */
    async resume(
      { batch, project }: BatchRef,
      terms: BatchTerms,
    ): Promise<{ resumed: number; replanned: number } | "ending" | "unknown"> {
      const view = await get({ batch, project });
      if (view === null) return "unknown";
      const { rows: ending } = await pool.query(
        `select id from loramill.runs
         where batch = $1 and state in ('planned', 'running') and cancel_requested_at is not null limit 1`,
        [batch],
      );
      if (ending.length > 0) return "ending";
      await setTerms(pool, batch, terms);
      const wasEnded = view.cancelRequested || view.stopped !== null;
      const { rows } = await pool.query<{ id: RunId }>(
        "select id from loramill.runs where batch = $1 and state = any($2) order by id",
        [batch, ["failed", "exhausted", ...(wasEnded ? ["cancelled"] : [])]],
      );
      let resumed = 0;
      for (let from = 0; from < rows.length; from += RUNS_PER_CHANGE) {
        const runs = rows.slice(from, from + RUNS_PER_CHANGE).map(({ id }) => id);
        const { deadline } = terms;
        resumed += (await inTransaction(pool, (sql) => resumeRuns(sql, { runs }, { deadline }))).length;
      }
      return { resumed, replanned: await open(pool, batch) };
    },

    /**
     * Stops the batches of which as many runs have failed as they may have failures, and ends what is open of them; answers
     * them.
     */
    async stopFailing(): Promise<BatchId[]> {
      const { rows } = await pool.query<{ id: BatchId }>(
        `update loramill.batches b
         set stopped = jsonb_build_object('class', 'user', 'code', 'too-many-failures', 'details', '{}'::jsonb, 'message',
           format('%s of its runs failed, and it may have %s failures: see why, and resume it', f.count, b.max_failures))
         from loramill.batches o cross join lateral (
           select count(*)::int as count from loramill.batch_members m left join loramill.runs r on r.id = m.run
           where m.batch = o.id and (m.error is not null or r.state = 'failed')
         ) f
         where o.id = b.id and o.max_failures is not null and o.stopped is null and o.cancel_requested_at is null
           and f.count >= o.max_failures
         returning b.id`,
      );
      for (const { id } of rows) await cancelOpenRuns(pool, id);
      return rows.map(({ id }) => id);
    },
  };
}

async function findByKey(sql: Sql, request: Pick<NewBatch, "project" | "idempotencyKey" | "requestDigest">) {
  const { rows } = await sql.query<{ id: string; digest: string }>(
    "select id, request_digest as digest from loramill.batches where project = $1 and idempotency_key = $2",
    [request.project, request.idempotencyKey],
  );
  const [found] = rows;
  if (found?.digest === request.requestDigest) return BatchId.parse(found.id);
  throw new UserError("this Idempotency-Key was used with another request", { code: "idempotency-conflict" });
}

async function cancelOpenRuns(pool: Connection["pool"], batch: BatchId): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: string }>(
      `select id from loramill.runs where batch = $1 and state in ('planned', 'running') and cancel_requested_at is null
       order by id limit $2`,
      [batch, RUNS_PER_CHANGE],
    );
    if (rows.length === 0) return;
    await inTransaction(pool, (sql) => cancelRuns(sql, { runs: rows.map(({ id }) => RunId.parse(id)) }));
  }
}

/** Before anything is taken up: what goes on is bound by them at once. */
async function setTerms(
  sql: Sql,
  batch: BatchId,
  { budgetMicroUsd, deadline, maxFailures }: BatchTerms,
): Promise<void> {
  await sql.query(
    `update loramill.batches
     set budget_micro_usd = case when $2 then $3::bigint else budget_micro_usd end,
       deadline = case when $4 then $5::timestamptz else deadline end,
       max_failures = case when $6 then $7::int else max_failures end
     where id = $1`,
    [
      ...[batch, budgetMicroUsd !== undefined, budgetMicroUsd ?? null],
      ...[deadline !== undefined, deadline ?? null, maxFailures !== undefined, maxFailures ?? null],
    ],
  );
  if (deadline === undefined) return;
  await sql.query(
    `update loramill.batch_members
     set spec = case when $2::text is null then spec - 'deadline' else jsonb_set(spec, '{deadline}', to_jsonb($2::text)) end
     where batch = $1 and run is null`,
    [batch, deadline?.toISOString() ?? null],
  );
}

/** Lets its members be planned again; answers how many there are to plan. */
async function open(pool: Connection["pool"], batch: BatchId): Promise<number> {
  return inTransaction(pool, async (sql) => {
    await sql.query("update loramill.batches set cancel_requested_at = null, stopped = null where id = $1", [batch]);
    await sql.query("update loramill.batch_members set error = null where batch = $1 and run is null", [batch]);
    const { rows } = await sql.query<{ count: number }>(
      "select count(*)::int as count from loramill.batch_members where batch = $1 and run is null",
      [batch],
    );
    await sql.query("select pg_notify('loramill_batches', ''), pg_notify('loramill_dispatch', '')");
    return rows[0]?.count ?? 0;
  });
}
