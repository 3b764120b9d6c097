// No foreign keys here: these rows are written thousands of times a second and each key costs a look-up per row.
import type { ErrorRecord, JsonObject } from "@loramill/contracts";
import {
  bigserial,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "../drizzle.ts";
import { createdAt, loramill, microUsd, time, where } from "./columns.ts";

/** One row per claim. `outcome` is null while it runs, `lost` when another claim found its worker gone. */
export const attempts = loramill.table(
  "attempts",
  {
    job: text("job").notNull(),
    epoch: integer("epoch").notNull(),
    run: text("run").notNull(),
    step: text("step").notNull(),
    worker: text("worker").notNull(),
    release: integer("release").notNull(),
    startedAt: time("started_at").notNull(),
    endedAt: time("ended_at"),
    outcome: text("outcome"),
    error: jsonb("error").$type<ErrorRecord>(),
  },
  (table) => [primaryKey({ columns: [table.job, table.epoch] }), index("attempts_of_run").on(table.run)],
);

/** Results of steps by the digest of everything that decided them: the memory that nothing is paid for twice. */
export const artifacts = loramill.table(
  "artifacts",
  {
    key: text("key").primaryKey(),
    id: text("id").notNull(),
    kind: text("kind").notNull(),
    output: text("output").notNull(),
    items: integer("items").notNull(),
    summary: jsonb("summary").$type<JsonObject>().notNull(),
    run: text("run").notNull(),
    step: text("step").notNull(),
    costMicroUsd: microUsd("cost_micro_usd").notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("artifacts_of_run").on(table.run)],
);

/** What everything cost. A settlement is written once per (job, epoch, place in the settlement), a marked charge once per job. */
export const ledger = loramill.table(
  "ledger",
  {
    id: text("id").notNull(),
    run: text("run").notNull(),
    step: text("step").notNull(),
    job: text("job").notNull(),
    epoch: integer("epoch").notNull(),
    ordinal: integer("ordinal").notNull(),
    kind: text("kind").notNull(),
    supplier: text("supplier").notNull(),
    quantity: doublePrecision("quantity").notNull(),
    unit: text("unit").notNull(),
    amountMicroUsd: microUsd("amount_micro_usd").notNull(),
    note: text("note").notNull(),
    /** Names a payment that several turns of the job may report. */
    mark: text("mark"),
    /** The rented machine whose bill it is a part of. */
    pod: text("pod"),
    at: time("at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.job, table.epoch, table.ordinal] }),
    uniqueIndex("ledger_marks").on(table.job, table.mark).where(where("mark is not null")),
    index("ledger_of_run").on(table.run, table.id),
    index("ledger_of_pod").on(table.pod).where(where("pod is not null")),
    index("ledger_by_time").on(table.at),
  ],
);

/** Committed checkpoints of trainings; the bytes lie under `object_prefix` in the store. */
export const checkpoints = loramill.table(
  "checkpoints",
  {
    id: text("id").primaryKey(),
    run: text("run").notNull(),
    job: text("job").notNull(),
    epoch: integer("epoch").notNull(),
    step: integer("step").notNull(),
    imagesSeen: integer("images_seen").notNull(),
    paidSeconds: doublePrecision("paid_seconds").notNull(),
    objectPrefix: text("object_prefix").notNull(),
    loss: doublePrecision("loss"),
    createdAt: createdAt(),
  },
  (table) => [unique("checkpoints_of_job").on(table.job, table.step, table.epoch)],
);

/** Which jobs hold a slot of a backend. A row counts only while its job is open. */
export const backendSlots = loramill.table(
  "backend_slots",
  { backend: text("backend").notNull(), job: text("job").notNull(), takenAt: time("taken_at").notNull().defaultNow() },
  (table) => [primaryKey({ columns: [table.backend, table.job] })],
);

/** Poisoned jobs, and deliveries that nobody could read; kept for a person to look at. */
export const quarantine = loramill.table(
  "quarantine",
  {
    id: text("id").primaryKey(),
    project: text("project"),
    run: text("run"),
    step: text("step"),
    job: text("job"),
    queue: text("queue").notNull(),
    queueId: text("queue_id"),
    payload: text("payload"),
    reason: text("reason").notNull(),
    error: jsonb("error").$type<ErrorRecord>(),
    createdAt: createdAt(),
    resolvedAt: time("resolved_at"),
  },
  (table) => [
    index("quarantine_of_job").on(table.job),
    index("quarantine_open").on(table.id).where(where("resolved_at is null")),
  ],
);

/** The event stream of a run, in the order of `id` (writers of one run take turns, so no reader misses a row). */
export const runEvents = loramill.table(
  "run_events",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    run: text("run").notNull(),
    step: text("step"),
    job: text("job"),
    type: text("type").notNull(),
    data: jsonb("data").$type<JsonObject>().notNull(),
    at: time("at").notNull().defaultNow(),
  },
  (table) => [index("run_events_of_run").on(table.run, table.id)],
);

/** What the leading dispatcher goes by, for explanations; one row. */
export const dispatcher = loramill.table("dispatcher", {
  id: integer("id").primaryKey().default(1),
  windows: jsonb("windows").$type<Record<string, number>>().notNull(),
  projectCap: integer("project_cap").notNull(),
  seenAt: time("seen_at").notNull(),
});

/**
 * What the workers that share an endpoint have asked and may ask; see rate-limits/. Times are milliseconds since 1970 on
 * the server's clock, with fractions: a thousand starts a second are a fraction of one apart.
 */
export const rateLimits = loramill.table("rate_limits", {
  endpoint: text("endpoint").primaryKey(),
  nextAt: doublePrecision("next_at").notNull().default(0),
  heldUntil: doublePrecision("held_until").notNull().default(0),
  holders: jsonb("holders").$type<Record<string, { open: number; until: number }>>().notNull().default({}),
});
