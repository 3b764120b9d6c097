import type {
  ErrorRecord,
  FireOrigin,
  OverlapPolicy,
  ProjectId,
  RunId,
  RunSpec,
  ScheduleId,
  Timing,
} from "@loramill/contracts";
import { index, integer, jsonb, text, unique } from "../drizzle.ts";
import { createdAt, loramill, microUsd, stateCheck, stateColumn, time, where } from "./columns.ts";
import { project } from "./tenancy.ts";

/** Runs that are to be started at times. `next_*` is the first fire that there is no row of yet; null: there is none any more. */
export const schedules = loramill.table(
  "schedules",
  {
    id: text("id").$type<ScheduleId>().primaryKey(),
    project: project().$type<ProjectId>(),
    name: text("name").notNull(),
    run: jsonb("run").$type<RunSpec>().notNull(),
    runName: text("run_name").notNull(),
    timing: jsonb("timing").$type<Timing>().notNull(),
    startsAt: time("starts_at"),
    endsAt: time("ends_at"),
    jitterSeconds: integer("jitter_seconds").notNull(),
    overlap: text("overlap").$type<OverlapPolicy>().notNull(),
    catchUpMinutes: integer("catch_up_minutes").notNull(),
    deadlineMinutes: integer("deadline_minutes"),
    monthlyBudgetMicroUsd: microUsd("monthly_budget_micro_usd"),
    pauseAfterFailures: integer("pause_after_failures"),
    /** Fires in a row that could not be planned. */
    failures: integer("failures").notNull().default(0),
    pausedReason: text("paused_reason"),
    pausedBy: text("paused_by"),
    pausedAt: time("paused_at"),
    nextFireAt: time("next_fire_at"),
    nextDueAt: time("next_due_at"),
    createdAt: createdAt(),
    changedAt: time("changed_at").notNull().defaultNow(),
  },
  (table) => [
    unique("schedules_name").on(table.project, table.name),
    index("schedules_due").on(table.nextDueAt).where(where("paused_at is null and next_due_at is not null")),
  ],
);

/**
 * One row for each time at which a schedule fires. `epoch` counts the claims of processes that plan: whoever writes with an
 * older one is refused.
 */
export const fires = loramill.table(
  "fires",
  {
    id: text("id").primaryKey(),
    schedule: text("schedule")
      .$type<ScheduleId>()
      .notNull()
      .references(() => schedules.id, { onDelete: "cascade" }),
    fireAt: time("fire_at").notNull(),
    dueAt: time("due_at").notNull(),
    origin: text("origin").$type<FireOrigin>().notNull(),
    state: stateColumn(),
    reason: text("reason"),
    error: jsonb("error").$type<ErrorRecord>(),
    run: text("run").$type<RunId>(),
    admittedAt: time("admitted_at"),
    epoch: integer("epoch").notNull().default(0),
    /** Nobody claims it before: somebody has it until then, or planning it is to be tried again then. */
    heldUntil: time("held_until"),
    createdAt: createdAt(),
    settledAt: time("settled_at"),
  },
  (table) => [
    stateCheck("fires_state", "fire"),
    unique("fires_time").on(table.schedule, table.fireAt),
    index("fires_waiting").on(table.schedule).where(where("state = 'waiting'")),
    index("fires_due").on(table.dueAt).where(where("state = 'due'")),
    index("fires_run").on(table.run).where(where("run is not null")),
  ],
);
