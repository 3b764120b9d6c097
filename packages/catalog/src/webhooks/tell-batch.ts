import type { BatchId, WebhookEventType } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { SUMMARY, type SummaryRow, toBatchSummary } from "../queries/batch-view.ts";
import { tellWebhooks } from "./tell-webhooks.ts";

export type BatchEvent = Extract<WebhookEventType, `batch.${string}`>;

/** Tells what has become of a batch, with what it is now. */
export async function tellBatch(sql: Sql, batch: BatchId, type: BatchEvent): Promise<void> {
  const { rows } = await sql.query<SummaryRow>(`${SUMMARY} where b.id = $1`, [batch]);
  const [row] = rows;
  if (row === undefined) return;
  const { id, name, state, total, counts, spentMicroUsd, stopped } = toBatchSummary(row);
  const data = {
    batch: { id, name, state },
    runs: { total, succeeded: counts.succeeded },
    ...{ spentMicroUsd, error: stopped, links: { batch: `/v1/batches/${id}` } },
  };
  await tellWebhooks(sql, { project: row.owner, type, subject: id, data });
}
