import {
  BatchId,
  type BatchMember,
  type BatchSummary,
  type BatchView,
  type Digest,
  type MemberState,
  type PlannedMember,
  type ProjectId,
  UserError,
} from "@loramill/contracts";
import { type Connection, inTransaction, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { tellBatch } from "../webhooks/tell-batch.ts";
import { addToAudit } from "./audit.ts";
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
import { limitOf, type Page, type PageRequest, parseNumbers, toPage, toPageById } from "./paging.ts";

/** Members written by one statement. */
const MEMBERS_PER_INSERT = 250;

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
  /** Who submits it, as the audit calls them. */
  readonly by: string;
  readonly idempotencyKey?: string | undefined;
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
        await addToAudit(sql, {
          ...{ actor: batch.by, action: "batch.create", subject: `batch ${made.id}` },
          details: { name: batch.name, runs: members.length, budgetMicroUsd: batch.budgetMicroUsd },
        });
        await tellBatch(sql, made.id, "batch.started");
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
