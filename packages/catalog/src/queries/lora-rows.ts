import type { ProjectId } from "@loramill/contracts";
import { and, avg, count, eq, getTableColumns, isNotNull, isNull, type SQL } from "drizzle-orm";
import type { Connection } from "../connection.ts";
import { loraRatings, loras } from "../schema/loras.ts";

/** A row of the library with what people think of it. */
export type LibraryLora = typeof loras.$inferSelect & {
  /** Average stars, 1 to 5; null before the first rating. */
  readonly stars: number | null;
  readonly ratings: number | null;
};

/** Whose LoRAs; every query needs it. `deleted`: those that were deleted, instead of the others. */
export interface LoraScope {
  readonly project: ProjectId;
  readonly deleted?: boolean | undefined;
}

/** Which LoRA, by its id, and whose. */
export interface LoraKey {
  readonly project: ProjectId;
  readonly id: string;
}

/** What names a LoRA to people and programs. */
export const loraLink = { id: loras.id, name: loras.name, version: loras.version, document: loras.document };

export const owned = ({ project, id }: LoraKey) => and(eq(loras.project, project), eq(loras.id, id));

export function inScope({ project, deleted }: LoraScope): SQL[] {
  return [eq(loras.project, project), deleted ? isNotNull(loras.deletedAt) : isNull(loras.deletedAt)];
}

/** Rows of a project with their ratings, as the start of a query that `inScope` goes on with. */
export function selectLoras(db: Connection["db"], { project }: LoraScope) {
  const ratings = db
    .select({
      lora: loraRatings.lora,
      average: avg(loraRatings.stars).mapWith(Number).as("average"),
      count: count().as("rated"),
    })
    .from(loraRatings)
    .where(eq(loraRatings.project, project))
    .groupBy(loraRatings.lora)
    .as("ratings");
  const query = db
    .select({ ...getTableColumns(loras), stars: ratings.average, ratings: ratings.count })
    .from(loras)
    .leftJoin(ratings, eq(ratings.lora, loras.id))
    .$dynamic();
  return { query, average: ratings.average };
}
