import { bigserial, index, integer, text } from "../drizzle.ts";
import { createdAt, loramill, time, where } from "./columns.ts";
import { generations } from "./library.ts";
import { project } from "./tenancy.ts";

/**
 * What people said of generations, one row for each time they said it: nothing is overwritten, so that taking a batch back
 * brings back what it had replaced. Of one person's ratings of a generation the newest that was not taken back counts.
 */
export const generationRatings = loramill.table(
  "generation_ratings",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    project: project(),
    generation: text("generation")
      .notNull()
      .references(() => generations.id, { onDelete: "cascade" }),
    /** Digest of everything that made the generation; see `generationManifest`. */
    manifest: text("manifest").notNull(),
    rater: text("rater").notNull(),
    /** 1 to 5. */
    stars: integer("stars").notNull(),
    comment: text("comment").notNull(),
    /** What it was sent with, such as an import or a campaign. */
    batch: text("batch"),
    /** `learned` or `holdout` where the program chose; null where a person did. */
    arm: text("arm").$type<"learned" | "holdout">(),
    createdAt: createdAt(),
    revokedAt: time("revoked_at"),
  },
  (table) => [
    index("generation_ratings_of_generation").on(table.generation, table.id),
    index("generation_ratings_standing").on(table.project, table.id).where(where("revoked_at is null")),
    index("generation_ratings_by_batch").on(table.project, table.batch),
    index("generation_ratings_by_rater").on(table.project, table.rater),
  ],
);
