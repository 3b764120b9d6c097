import type { LoraWeights, ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, avg, count, eq, getTableColumns, isNotNull, isNull, or, type SQL, sql } from "../drizzle.ts";
import { loraRatings, loras } from "../schema/loras.ts";

/** A row of the library with what people think of it. */
export type LibraryLora = typeof loras.$inferSelect & {
  /** Average stars, 1 to 5; null before the first rating. */
  readonly stars: number | null;
  readonly ratings: number | null;
};

/** Every weights file of a LoRA, whether it has one or two. */
export function weightsOf({
  weightsSha256: sha256,
  tensorsSha256,
  bytes,
  files,
}: Pick<LibraryLora, "weightsSha256" | "tensorsSha256" | "bytes" | "files">): LoraWeights[] {
  if (files.length === 0) return [{ role: "both", sha256, tensorsSha256, bytes }];
  return files.map(({ role, weights, tensorsSha256: tensors }) => ({
    role,
    sha256: weights.sha256,
    tensorsSha256: tensors,
    bytes: weights.bytes,
  }));
}

/** Whether one of a LoRA's files, or the tensors in it, has this digest. */
export const hasFile = (sha256: string) =>
  or(eq(loras.weightsSha256, sha256), sql`${loras.files} @> ${JSON.stringify([{ weights: { sha256 } }])}::jsonb`);
export const hasTensors = (tensorsSha256: string) =>
  or(eq(loras.tensorsSha256, tensorsSha256), sql`${loras.files} @> ${JSON.stringify([{ tensorsSha256 }])}::jsonb`);

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
