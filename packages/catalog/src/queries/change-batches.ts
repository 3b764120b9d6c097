import type { BatchId, RunId } from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { tellBatch } from "../webhooks/tell-batch.ts";
import { addToAudit } from "./audit.ts";
import type { BatchRef } from "./batches.ts";
import { cancelRuns, RUNS_PER_CHANGE, type RunTerms, resumeRuns } from "./change-runs.ts";

/** What a resumed batch gets instead of what it had; what is left out, or undefined, stays. */
export interface BatchTerms extends RunTerms {
  readonly maxFailures?: number | null | undefined;
}

/** What people do to a batch, `by` whom as the audit calls them. */
export function batchChangeQueries({ pool }: Connection) {
  return {
    /** Ends what is open of it; what was not planned yet is not begun. */
    async cancel({ batch, project }: BatchRef, by: string): Promise<"requested" | "unknown"> {
      const isKnown = await inTransaction(pool, async (sql) => {
        const { rowCount } = await sql.query(
          `update loramill.batches set cancel_requested_at = coalesce(cancel_requested_at, now())
           where id = $1 and ($2::text is null or project = $2)`,
          [batch, project ?? null],
        );
        if (rowCount !== 1) return false;
        await addToAudit(sql, { actor: by, action: "batch.cancel", subject: `batch ${batch}` });
        return true;
      });
      if (!isKnown) return "unknown";
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
      by: string,
    ): Promise<{ resumed: number; replanned: number } | "ending" | "unknown"> {
      const { rows: found } = await pool.query<{ ended: boolean; ending: boolean }>(
        `select b.cancel_requested_at is not null or b.stopped is not null as ended, exists (
           select from loramill.runs r
           where r.batch = b.id and r.state in ('planned', 'running') and r.cancel_requested_at is not null
         ) as ending
         from loramill.batches b where b.id = $1 and ($2::text is null or b.project = $2)`,
        [batch, project ?? null],
      );
      const [was] = found;
      if (was === undefined) return "unknown";
      if (was.ending) return "ending";
      await setTerms(pool, batch, terms);
      const { rows } = await pool.query<{ id: RunId }>(
        "select id from loramill.runs where batch = $1 and state = any($2) order by id",
        [batch, ["failed", "exhausted", ...(was.ended ? ["cancelled"] : [])]],
      );
      let resumed = 0;
      for (let from = 0; from < rows.length; from += RUNS_PER_CHANGE) {
        const runs = rows.slice(from, from + RUNS_PER_CHANGE).map(({ id }) => id);
        const { deadline } = terms;
        resumed += (await inTransaction(pool, (sql) => resumeRuns(sql, { runs }, { deadline }))).length;
      }
      return inTransaction(pool, async (sql) => {
        const answer = { resumed, replanned: await open(sql, batch) };
        const entry = { actor: by, action: "batch.resume", subject: `batch ${batch}` };
        await addToAudit(sql, { ...entry, details: { ...terms, ...answer } });
        await tellBatch(sql, batch, "batch.resumed");
        return answer;
      });
    },
  };
}

/** Asks for the end of the runs of a batch that are open, some at a time. */
export async function cancelOpenRuns(pool: Connection["pool"], batch: BatchId): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: RunId }>(
      `select id from loramill.runs where batch = $1 and state in ('planned', 'running') and cancel_requested_at is null
       order by id limit $2`,
      [batch, RUNS_PER_CHANGE],
    );
    if (rows.length === 0) return;
    await inTransaction(pool, (sql) => cancelRuns(sql, { runs: rows.map(({ id }) => id) }));
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
async function open(sql: Sql, batch: BatchId): Promise<number> {
  await sql.query(
    "update loramill.batches set cancel_requested_at = null, stopped = null, ended_at = null where id = $1",
    [batch],
  );
  const { rowCount } = await sql.query(
    "update loramill.batch_members set error = null where batch = $1 and run is null",
    [batch],
  );
  await sql.query("select pg_notify('loramill_batches', ''), pg_notify('loramill_dispatch', '')");
  return rowCount ?? 0;
}
