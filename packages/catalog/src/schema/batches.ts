import type {
  BulkAction,
  BulkOutcome,
  ErrorRecord,
  JsonObject,
  RunFilter,
  RunSpec,
  RunState,
} from "@loramill/contracts";
import { index, integer, jsonb, primaryKey, text, uniqueIndex } from "../drizzle.ts";
import { createdAt, loramill, microUsd, time, where } from "./columns.ts";
import { project } from "./tenancy.ts";

/** Many runs from one spec. What has become of them is in their own rows. */
export const batches = loramill.table(
  "batches",
  {
    id: text("id").primaryKey(),
    project: project(),
    name: text("name").notNull(),
    total: integer("total").notNull(),
    budgetMicroUsd: microUsd("budget_micro_usd"),
    deadline: time("deadline"),
    maxFailures: integer("max_failures"),
    cancelRequestedAt: time("cancel_requested_at"),
    /** Why nothing more of it is begun, where too much of it failed. */
    stopped: jsonb("stopped").$type<ErrorRecord>(),
    /** Of the request that made it, and the digest of what that said. */
    idempotencyKey: text("idempotency_key"),
    requestDigest: text("request_digest").notNull(),
    createdAt: createdAt(),
    /** When it was noted, and told, that nothing of it is open; null again once something of it is taken up. */
    endedAt: time("ended_at"),
  },
  (table) => [
    index("batches_by_project").on(table.project, table.id),
    index("batches_open").on(table.id).where(where("ended_at is null")),
    uniqueIndex("batches_key").on(table.project, table.idempotencyKey).where(where("idempotency_key is not null")),
  ],
);

/** A place in a batch: waits for its plan until it has a `run`, or an `error` which says why it cannot have one. */
export const batchMembers = loramill.table(
  "batch_members",
  {
    batch: text("batch")
      .notNull()
      .references(() => batches.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    name: text("name").notNull(),
    values: jsonb("values").$type<JsonObject>().notNull(),
    spec: jsonb("spec").$type<RunSpec>().notNull(),
    run: text("run").unique(),
    error: jsonb("error").$type<ErrorRecord>(),
  },
  (table) => [
    primaryKey({ columns: [table.batch, table.number] }),
    index("batch_members_waiting").on(table.batch, table.number).where(where("run is null and error is null")),
  ],
);

/** What was shown of a change of many runs, and once it was applied, what came of it. */
export const bulkChanges = loramill.table(
  "bulk_changes",
  {
    id: text("id").primaryKey(),
    /** Whose preview it is; null: an operator's, of all projects. */
    project: text("project"),
    token: text("token").notNull(),
    action: jsonb("action").$type<BulkAction>().notNull(),
    filter: jsonb("filter").$type<RunFilter>().notNull(),
    matching: integer("matching").notNull(),
    /** The runs in the order of their ids, each as it was then. */
    runs: jsonb("runs").$type<{ run: string; name: string; was: RunState }[]>().notNull(),
    spentMicroUsd: microUsd("spent_micro_usd").notNull(),
    reservedMicroUsd: microUsd("reserved_micro_usd").notNull(),
    outstandingMicroUsd: microUsd("outstanding_micro_usd").notNull(),
    createdAt: createdAt(),
    expiresAt: time("expires_at").notNull(),
    outcome: jsonb("outcome").$type<BulkOutcome>(),
  },
  (table) => [index("bulk_changes_old").on(table.expiresAt)],
);
