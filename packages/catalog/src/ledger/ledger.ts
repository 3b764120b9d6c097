import type { JobLedger, RunEventInput } from "@loramill/contracts";
import pg from "pg";
import { createBatcher } from "../batcher.ts";
import { type Connection, inTransaction, retryConflicts, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { isToldOutside, tellWebhooksOfRun } from "../webhooks/tell-webhooks.ts";
import { type ClaimRequest, claimBatch } from "./claim.ts";
import { beat } from "./heartbeat.ts";
import { hold } from "./hold.ts";
import { settleBatch } from "./settle.ts";

/** Rows of one batch; above this a statement's own work outweighs what a shared commit saves. */
const MAX_BATCH = 500;
/** Freed places in the window are told to the dispatcher at most this often; the end of a step at once. */
const WAKE_EVERY_MS = 20;

const EMIT = `
with each as materialized (
  select e.*, pg_advisory_xact_lock(hashtextextended(e.run, 0))
  from (
    select * from json_to_recordset($1::json) as e(ord int, run text, step text, job text, type text, data jsonb)
    order by run, ord
  ) e
), told as (
  insert into loramill.run_events (run, step, job, type, data) select run, step, job, type, data from each returning run
)
select count(pg_notify('loramill_events', run)) from (select distinct run from told) each`;

/** Only a fault in the data of one request is worth trying the others without it. */
const isDataFault = (error: unknown): boolean => error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? "");

/** The catalog as the queue layer needs it: single calls, batched here into few statements. */
export function createLedger(connection: Connection): JobLedger & { idle(): Promise<void> } {
  const { hotPool, newId } = connection;
  let wokenAt = 0;
  const claims = createBatcher({
    run: (requests: readonly ClaimRequest[]) => retryConflicts(() => claimBatch(hotPool, requests)),
    maxBatch: MAX_BATCH,
    keyOf: (request) => request.job,
    splitOn: isDataFault,
  });
  const settlements = createBatcher({
    run: (requests: readonly Parameters<JobLedger["settle"]>[0][]) => {
      const now = performance.now();
      const wake = now - wokenAt >= WAKE_EVERY_MS;
      if (wake) wokenAt = now;
      return retryConflicts(() => settleBatch(hotPool, requests, { wake, newId }));
    },
    maxBatch: MAX_BATCH,
    keyOf: (settlement) => settlement.job,
    splitOn: isDataFault,
  });
  const events = createBatcher({
    run: async (requests: readonly RunEventInput[]) => {
      const rows = jsonText(requests.map((request, ord) => ({ ...request, ord })));
      const emit = (sql: Sql) => sql.query({ name: "emit", text: EMIT, values: [rows] });
      const told = requests.filter(({ type }) => isToldOutside(type));
      if (told.length === 0) await retryConflicts(() => emit(hotPool));
      else {
        await inTransaction(hotPool, async (sql) => {
          await emit(sql);
          for (const event of told) await tellWebhooksOfRun(sql, event);
        });
      }
      return requests.map(() => undefined);
    },
    maxBatch: MAX_BATCH,
    splitOn: isDataFault,
  });

  return {
    claim: (delivery) => claims.add(delivery),
    settle: (settlement) => settlements.add(settlement),
    heartbeat: (beats) => retryConflicts(() => beat(hotPool, beats)),
    emit: (event) => events.add(event),
    hold: (request) => hold(connection, request),
    async quarantineDelivery({ queue, queueId, payload, reason }) {
      await connection.pool.query(
        `insert into loramill.quarantine (id, queue, queue_id, payload, reason) values ($1, $2, $3, $4, $5)`,
        [newId("qua"), queue, queueId, payload.slice(0, 16_384).replaceAll("\u0000", ""), reason],
      );
    },
    async idle() {
      await Promise.all([claims.idle(), settlements.idle(), events.idle()]);
    },
  };
}
