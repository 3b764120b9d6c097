import type { BatchId, BatchState, ErrorRecord } from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { tellBatch } from "../webhooks/tell-batch.ts";
import { addToAudit } from "./audit.ts";
import { MEMBER_STATE, SUMMARY, type SummaryRow, toBatchSummary } from "./batch-view.ts";
import { cancelOpenRuns } from "./change-batches.ts";

/** How many batches are open, and how many of their members wait for their plans. */
export interface OpenBatches {
  readonly open: number;
  readonly waiting: number;
}

export interface EndedBatch {
  readonly batch: BatchId;
  readonly state: Exclude<BatchState, "planning" | "running">;
}

/** Of batch `b`. */
const FAILURES = `(
  select count(*)::int from loramill.batch_members m left join loramill.runs r on r.id = m.run
  where m.batch = b.id and (m.error is not null or r.state = 'failed')
)`;

/** The dispatcher's look at batches. What it finds is noted, audited and told in one transaction for each batch. */
export function batchWatchQueries({ pool }: Connection) {
  return {
    /** Stops the batches of which as many runs have failed as they may have failures, and ends what is open of them. */
    async stopFailing(): Promise<BatchId[]> {
      const { rows } = await pool.query<{ id: BatchId; failures: number }>(
        `select b.id, ${FAILURES} as failures from loramill.batches b
         where b.ended_at is null and b.stopped is null and b.cancel_requested_at is null and ${FAILURES} >= b.max_failures`,
      );
      const stopped: BatchId[] = [];
      for (const { id, failures } of rows) {
        if (!(await inTransaction(pool, (sql) => stop(sql, id, failures)))) continue;
        await cancelOpenRuns(pool, id);
        stopped.push(id);
      }
      return stopped;
    },

    /** Notes which batches have nothing open any more, and answers those. */
    async noteEnds(): Promise<EndedBatch[]> {
      const { rows } = await pool.query<{ id: BatchId }>(
        `select b.id from loramill.batches b
         where b.ended_at is null and not exists (
           select from loramill.batch_members m left join loramill.runs r on r.id = m.run
           where m.batch = b.id and ${MEMBER_STATE} in ('waiting', 'planned', 'running')
         )`,
      );
      const ended: EndedBatch[] = [];
      for (const { id } of rows) {
        const state = await inTransaction(pool, (sql) => end(sql, id));
        if (state !== null) ended.push({ batch: id, state });
      }
      return ended;
    },

    async open(): Promise<OpenBatches> {
      const { rows } = await pool.query<OpenBatches>(
        `select count(distinct b.id)::int as open, count(m.number)::int as waiting
         from loramill.batches b
         left join loramill.batch_members m on m.batch = b.id and m.run is null and m.error is null
           and b.cancel_requested_at is null and b.stopped is null
         where b.ended_at is null`,
      );
      return rows[0] ?? { open: 0, waiting: 0 };
    },
  };
}

/** False where somebody has ended it, or let it fail more often, meanwhile. */
async function stop(sql: Sql, batch: BatchId, failures: number): Promise<boolean> {
  const { rows } = await sql.query<{ allowed: number }>(
    `select max_failures as allowed from loramill.batches
     where id = $1 and stopped is null and cancel_requested_at is null and max_failures <= $2 for no key update`,
    [batch, failures],
  );
  const [found] = rows;
  if (found === undefined) return false;
  const message = `${failures} of its runs failed, and it may have ${found.allowed} failures: see why, and resume it`;
  const error: ErrorRecord = { class: "user", code: "too-many-failures", message, details: {} };
  await sql.query("update loramill.batches set stopped = $2 where id = $1", [batch, jsonText(error)]);
  const entry = { actor: "dispatcher", action: "batch.stop", subject: `batch ${batch}` };
  await addToAudit(sql, { ...entry, details: { reason: message } });
  await tellBatch(sql, batch, "batch.stopped");
  return true;
}

/** How it ended; null where something of it was taken up meanwhile, or another has noted it. Looks after it has locked it. */
async function end(sql: Sql, batch: BatchId): Promise<EndedBatch["state"] | null> {
  const { rowCount } = await sql.query(
    "select 1 from loramill.batches where id = $1 and ended_at is null for no key update",
    [batch],
  );
  if (rowCount !== 1) return null;
  const { rows } = await sql.query<SummaryRow>(`${SUMMARY} where b.id = $1`, [batch]);
  const [row] = rows;
  if (row === undefined) return null;
  const { state } = toBatchSummary(row);
  if (state === "planning" || state === "running") return null;
  await sql.query("update loramill.batches set ended_at = now() where id = $1", [batch]);
  await tellBatch(sql, batch, `batch.${state}`);
  return state;
}
