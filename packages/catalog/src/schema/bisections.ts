import type { BisectDifference, BisectGrid, BisectTrial } from "@loramill/contracts";
import { index, jsonb, text } from "../drizzle.ts";
import { createdAt, loramill, microUsd, time } from "./columns.ts";
import { project } from "./tenancy.ts";

/** Searches for what makes one of two LoRAs bad. What to try next follows from `trials` alone. */
export const bisections = loramill.table(
  "bisections",
  {
    id: text("id").primaryKey(),
    project: project(),
    /** Ids of the two LoRAs. */
    good: text("good").notNull(),
    bad: text("bad").notNull(),
    grid: jsonb("grid").$type<BisectGrid>().notNull(),
    /** In the order in which they are halved; the rest of what they are is found in the two trainings. */
    differences: jsonb("differences").$type<BisectDifference[]>().notNull(),
    trials: jsonb("trials").$type<BisectTrial[]>().notNull().default([]),
    /** Runs that draw the grid with the two LoRAs. */
    goodRun: text("good_run"),
    badRun: text("bad_run"),
    notes: text("notes").array().notNull(),
    budgetMicroUsd: microUsd("budget_micro_usd"),
    createdAt: createdAt(),
    /** When a person gave it up. */
    stoppedAt: time("stopped_at"),
  },
  (table) => [index("bisections_by_project").on(table.project, table.id)],
);
