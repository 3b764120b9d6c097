import type { ErrorRecord, JsonObject, PlanLock, PlannedStep, RunSpec } from "@loramill/contracts";
import { boolean, index, integer, jsonb, text, unique, uniqueIndex } from "../drizzle.ts";
import { createdAt, loramill, microUsd, stateCheck, stateColumn, time, where } from "./columns.ts";
import { projects } from "./tenancy.ts";

/**
 * One request end to end. `attention` asks the dispatcher to look at the run again; when it has ended, to hold its bill against
 * its quote.
 */
export const runs = loramill.table(
  "runs",
  {
    id: text("id").primaryKey(),
    project: text("project")
      .notNull()
      .references(() => projects.id),
    /** The batch that it is a member of. */
    batch: text("batch"),
    name: text("name").notNull(),
    spec: jsonb("spec").$type<RunSpec>().notNull(),
    lock: jsonb("lock").$type<PlanLock>().notNull(),
    lockDigest: text("lock_digest").notNull(),
    /** The run whose plan it does again: what it makes is compared, and becomes no result that others take. */
    replayOf: text("replay_of"),
    state: stateColumn(),
    priority: integer("priority").notNull(),
    budgetMicroUsd: microUsd("budget_micro_usd"),
    spentMicroUsd: microUsd("spent_micro_usd").notNull().default(0),
    deadline: time("deadline"),
    attention: boolean("attention").notNull().default(true),
    cancelRequestedAt: time("cancel_requested_at"),
    error: jsonb("error").$type<ErrorRecord>(),
    notes: text("notes").array().notNull(),
    createdAt: createdAt(),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
  },
  (table) => [
    stateCheck("runs_state", "run"),
    index("runs_by_project").on(table.project, table.id),
    index("runs_of_batch").on(table.batch, table.id).where(where("batch is not null")),
    index("runs_open").on(table.id).where(where("state in ('planned', 'running')")),
    index("runs_due").on(table.deadline).where(where("deadline is not null and state in ('planned', 'running')")),
    index("runs_attention").on(table.id).where(where("attention")),
  ],
);

/** The job counters are kept by the statements that change job states; nothing ever counts rows. */
export const steps = loramill.table(
  "steps",
  {
    id: text("id").primaryKey(),
    run: text("run")
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    ordinal: integer("ordinal").notNull(),
    name: text("name").notNull(),
    kind: text("kind").notNull(),
    queue: text("queue").notNull(),
    planned: jsonb("planned").$type<PlannedStep>().notNull(),
    state: stateColumn(),
    /** Whether the run's policy lets this step take and give results by key. */
    reuse: boolean("reuse").notNull(),
    key: text("key"),
    inputs: jsonb("inputs").$type<Record<string, string>>(),
    output: text("output"),
    items: integer("items"),
    summary: jsonb("summary").$type<JsonObject>().notNull().default({}),
    progress: jsonb("progress").$type<JsonObject>(),
    reusedRun: text("reused_run"),
    reusedStep: text("reused_step"),
    reason: text("reason"),
    error: jsonb("error").$type<ErrorRecord>(),
    jobsTotal: integer("jobs_total").notNull().default(0),
    jobsWaiting: integer("jobs_waiting").notNull().default(0),
    jobsOpen: integer("jobs_open").notNull().default(0),
    jobsSucceeded: integer("jobs_succeeded").notNull().default(0),
    jobsFailed: integer("jobs_failed").notNull().default(0),
    jobsCancelled: integer("jobs_cancelled").notNull().default(0),
    spentMicroUsd: microUsd("spent_micro_usd").notNull().default(0),
    /** When the last `step.progress` event was written: they are told a few times a second at most. */
    toldAt: time("told_at"),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
  },
  (table) => [
    stateCheck("steps_state", "step"),
    unique("steps_of_run").on(table.run, table.name),
    index("steps_ready").on(table.id).where(where("state = 'ready'")),
    /** One live step per key: two dispatchers in the second of a takeover cannot start the same work. */
    uniqueIndex("steps_live_key").on(table.key).where(where("state = 'running' and reuse")),
    index("steps_with_waiting").on(table.id).where(where("jobs_waiting > 0 and state = 'running'")),
  ],
);

/** Units of delivery. `epoch` counts claims, `release` counts deliveries; `enqueued_at` null marks the outbox. */
export const jobs = loramill.table(
  "jobs",
  {
    id: text("id").primaryKey(),
    run: text("run").notNull(),
    step: text("step")
      .notNull()
      .references(() => steps.id, { onDelete: "cascade" }),
    project: text("project").notNull(),
    name: text("name").notNull(),
    queue: text("queue").notNull(),
    ordinal: integer("ordinal").notNull(),
    input: jsonb("input").$type<JsonObject>().notNull(),
    state: stateColumn(),
    epoch: integer("epoch").notNull().default(0),
    release: integer("release").notNull().default(0),
    attemptsSpent: integer("attempts_spent").notNull().default(0),
    workersLost: integer("workers_lost").notNull().default(0),
    /** Who claimed it last. */
    worker: text("worker"),
    turn: jsonb("turn").$type<JsonObject>(),
    output: jsonb("output").$type<JsonObject>(),
    error: jsonb("error").$type<ErrorRecord>(),
    progress: jsonb("progress").$type<JsonObject>(),
    /** What is set aside for it while it is open, less what it has spent: its share of the plan, raised by what it asked for. */
    estimateMicroUsd: microUsd("estimate_micro_usd").notNull().default(0),
    spentMicroUsd: microUsd("spent_micro_usd").notNull().default(0),
    notBefore: time("not_before"),
    waitingSince: time("waiting_since").notNull().defaultNow(),
    releasedAt: time("released_at"),
    enqueuedAt: time("enqueued_at"),
    heartbeatAt: time("heartbeat_at"),
    cancelRequestedAt: time("cancel_requested_at"),
    startedAt: time("started_at"),
    endedAt: time("ended_at"),
  },
  (table) => [
    stateCheck("jobs_state", "job"),
    unique("jobs_of_step").on(table.step, table.ordinal),
    index("jobs_waiting").on(table.step, table.ordinal).where(where("state = 'waiting'")),
    index("jobs_open").on(table.queue, table.id).where(where("state in ('released', 'active', 'parked')")),
    index("jobs_unsent").on(table.id).where(where("state in ('released', 'active', 'parked') and enqueued_at is null")),
  ],
);
