import { type Digest, type ProjectId, UserError } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  type SQL,
  sql,
} from "../drizzle.ts";
import { generations } from "../schema/library.ts";
import { loras } from "../schema/loras.ts";
import { generationRatings } from "../schema/ratings.ts";
import { generationManifest } from "./generation-manifest.ts";

/** What a person says of a generation. */
interface NewRating {
  readonly project: ProjectId;
  readonly generation: string;
  readonly rater: string;
  /** 1 to 5. */
  readonly stars: number;
  readonly comment: string;
  readonly batch?: string | null;
  readonly arm?: "learned" | "holdout" | null;
}

/** Which ratings; all of what is given must fit. */
export interface RatingSelection {
  readonly generation?: string | undefined;
  readonly batch?: string | undefined;
  readonly rater?: string | undefined;
  /** Given then or later, and before. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** A rating with what its generation was drawn with, for learning. */
export type GenerationRating = typeof generationRatings.$inferSelect &
  Pick<typeof generations.$inferSelect, "prompt" | "steps" | "guidance" | "loras" | "baseModel"> & {
    /** Of the base model, as the generation was asked for; null for those of before this was kept. */
    readonly modelFamily: string | null;
    /** Families of the LoRAs in the library, each once; empty where it holds none of them. */
    readonly families: readonly string[];
  };

/** Rows of one answer. */
const MAX_ROWS = 1_000;

/** Ratings of generations: added, never changed; taken back and given again as a whole. */
export function generationRatingQueries({ db }: Connection) {
  const selected = (
    project: ProjectId,
    { generation, batch, rater, from, until }: RatingSelection,
  ): (SQL | undefined)[] => [
    eq(generationRatings.project, project),
    generation === undefined ? undefined : eq(generationRatings.generation, generation),
    batch === undefined ? undefined : eq(generationRatings.batch, batch),
    rater === undefined ? undefined : eq(generationRatings.rater, rater),
    from === undefined ? undefined : gte(generationRatings.createdAt, from),
    until === undefined ? undefined : lt(generationRatings.createdAt, until),
  ];

  return {
    /** Answers the rating's number. Throws UserError `generation-not-found`, `bad-rating`. */
    async add({ project, generation, stars, ...rating }: NewRating): Promise<number> {
      if (!Number.isInteger(stars) || stars < 1 || stars > 5) {
        throw new UserError("a rating has 1 to 5 stars", { code: "bad-rating", details: { field: "stars" } });
      }
      const [row] = await db
        .select()
        .from(generations)
        .where(and(eq(generations.project, project), eq(generations.id, generation)));
      if (row === undefined) {
        throw new UserError(`there is no generation ${generation}`, { code: "generation-not-found" });
      }
      const [added] = await db
        .insert(generationRatings)
        .values({ project, generation, stars, ...rating, manifest: generationManifest(row) })
        .returning({ id: generationRatings.id });
      if (added === undefined) throw new Error("the insert returned no row");
      return added.id;
    },

    /**
     * Those that were not taken back, oldest first: what learning folds and an export holds. `after` is the number of the
     * last one that was seen; at most 1,000 come at once.
     */
    async list(
      { project, after }: { readonly project: ProjectId; readonly after?: number | undefined },
      selection: RatingSelection = {},
    ): Promise<GenerationRating[]> {
      const rows = await db
        .select({
          ...getTableColumns(generationRatings),
          prompt: generations.prompt,
          steps: generations.steps,
          guidance: generations.guidance,
          loras: generations.loras,
          baseModel: generations.baseModel,
          modelFamily: sql<string | null>`${generations.record} #>> '{spec,model,family}'`,
        })
        .from(generationRatings)
        .innerJoin(generations, eq(generations.id, generationRatings.generation))
        .where(
          and(
            ...selected(project, selection),
            isNull(generationRatings.revokedAt),
            after === undefined ? undefined : gt(generationRatings.id, after),
          ),
        )
        .orderBy(asc(generationRatings.id))
        .limit(MAX_ROWS);
      const familyOf = await familiesOf(project, rows);
      return rows.map((row) => ({
        ...row,
        families: [...new Set(row.loras.flatMap(({ sha256 }) => familyOf.get(sha256) ?? []))],
      }));
    },

    /** What people think of these generations, of each person the newest rating that stands; unrated ones are not in it. */
    async starsOf(
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, { readonly mean: number; readonly people: number }>> {
      const { generation, rater, stars, id } = generationRatings;
      const newest = db
        .selectDistinctOn([generation, rater], { generation, stars })
        .from(generationRatings)
        .where(and(inArray(generation, [...ids]), isNull(generationRatings.revokedAt)))
        .orderBy(generation, rater, desc(id))
        .as("newest");
      const rows = await db
        .select({
          generation: newest.generation,
          mean: sql<number>`avg(${newest.stars})`.mapWith(Number),
          people: sql<number>`count(*)`.mapWith(Number),
        })
        .from(newest)
        .groupBy(newest.generation);
      return new Map(rows.map(({ generation: of, ...told }) => [of, told]));
    },

    /**
     * The newest rating that stands, 0 where there is none, and the SHA-256 of the numbers of all that stand up to `until`,
     * joined by commas: who has folded these need not read them again.
     */
    async standing(project: ProjectId, until: number): Promise<{ readonly newest: number; readonly digest: Digest }> {
      const { id } = generationRatings;
      const [row] = await db
        .select({
          newest: sql<number>`coalesce(max(${id}), 0)`.mapWith(Number),
          digest: sql<Digest>`encode(sha256(coalesce(
            string_agg(${id}::text, ',' order by ${id}) filter (where ${id} <= ${until}), '')::bytea), 'hex')`,
        })
        .from(generationRatings)
        .where(and(eq(generationRatings.project, project), isNull(generationRatings.revokedAt)));
      if (row === undefined) throw new Error("the aggregate returned no row");
      return row;
    },

    /** Takes ratings back, which must be told by something. Answers how many. Throws UserError `nothing-selected`. */
    async rollBack(project: ProjectId, selection: RatingSelection): Promise<number> {
      const rows = await db
        .update(generationRatings)
        .set({ revokedAt: sql`now()` })
        .where(and(...selected(project, checked(selection)), isNull(generationRatings.revokedAt)))
        .returning({ id: generationRatings.id });
      return rows.length;
    },

    /** Undoes `rollBack`. Answers how many came back. Throws UserError `nothing-selected`. */
    async restore(project: ProjectId, selection: RatingSelection): Promise<number> {
      const rows = await db
        .update(generationRatings)
        .set({ revokedAt: null })
        .where(and(...selected(project, checked(selection)), isNotNull(generationRatings.revokedAt)))
        .returning({ id: generationRatings.id });
      return rows.length;
    },
  };

  /** Families by the SHA-256 of LoRA files, deleted ones too. */
  async function familiesOf(project: ProjectId, rows: readonly Pick<GenerationRating, "loras">[]) {
    const files = [...new Set(rows.flatMap((row) => row.loras.map(({ sha256 }) => sha256)))];
    const known = await db
      .select({ sha256: loras.weightsSha256, family: loras.family })
      .from(loras)
      .where(and(eq(loras.project, project), inArray(loras.weightsSha256, files)));
    return new Map(known.map(({ sha256, family }) => [sha256, family]));
  }
}

function checked(selection: RatingSelection): RatingSelection {
  if (Object.values(selection).every((value) => value === undefined)) {
    throw new UserError("say which ratings: a batch, a rater or a time", { code: "nothing-selected" });
  }
  return selection;
}
