import type { Digest, JsonObject, LedgerView } from "@loramill/contracts";
import { boolean, index, integer, jsonb, primaryKey, text, unique } from "../drizzle.ts";
import { createdAt, loramill, microUsd } from "./columns.ts";
import { runs } from "./runs.ts";
import { project } from "./tenancy.ts";

/** What a step cost where it ran. */
export type PaidElsewhere = Pick<LedgerView, "step" | "kind" | "supplier" | "quantity" | "unit" | "amountMicroUsd">;

/** Runs that bundles brought. The same record in the same project is the same run. */
export const imports = loramill.table(
  "imports",
  {
    run: text("run")
      .primaryKey()
      .references(() => runs.id, { onDelete: "cascade" }),
    project: project(),
    /** Digest of the run's record in the bundle. */
    record: text("record").$type<Digest>().notNull(),
    /** Digest of the manifest of the bundle that brought it first. */
    bundle: text("bundle").$type<Digest>().notNull(),
    originRun: text("origin_run").notNull(),
    originProject: text("origin_project").notNull(),
    exportedBy: text("exported_by").notNull(),
    paidMicroUsd: microUsd("paid_micro_usd").notNull(),
    paid: jsonb("paid").$type<PaidElsewhere[]>().notNull(),
    /** Whether runs of the project may take its results. */
    reuse: boolean("reuse").notNull(),
    /** Who imported it: id of an API key, or `operator`. */
    actor: text("actor").notNull(),
    createdAt: createdAt(),
  },
  (table) => [unique("imports_record").on(table.project, table.record)],
);

/**
 * What bundles say that steps made: claims that nobody here has checked by doing the work, kept apart from `artifacts`, whose
 * results were made here and serve every project. A claim serves runs of its own project, where no artifact does.
 */
export const importedResults = loramill.table(
  "imported_results",
  {
    project: project(),
    key: text("key").notNull(),
    run: text("run")
      .notNull()
      .references(() => imports.run, { onDelete: "cascade" }),
    step: text("step").notNull(),
    kind: text("kind").notNull(),
    output: text("output").notNull(),
    items: integer("items").notNull(),
    summary: jsonb("summary").$type<JsonObject>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.project, table.key, table.run] }),
    index("imported_results_of_run").on(table.run),
  ],
);
