import type { Connection } from "../connection.ts";
import { and, desc, eq, inArray, or, sql } from "../drizzle.ts";
import { generations } from "../schema/library.ts";
import { loras } from "../schema/loras.ts";
import { steps } from "../schema/runs.ts";
import { type LoraScope, loraLink } from "./lora-rows.ts";

/** What came of LoRAs, by what runs planned and noted; deleted ones too: lineage does not forget. */
export function loraLineageQueries({ db }: Connection) {
  return {
    /** LoRAs by the digests of their documents. */
    async byDocuments({ project }: LoraScope, documents: readonly string[]) {
      return db
        .select(loraLink)
        .from(loras)
        .where(and(eq(loras.project, project), inArray(loras.document, [...documents])));
    },

    /** LoRAs that a run made of this one, as the plans of their steps say. */
    async madeOf({ project }: LoraScope, document: string) {
      const from = JSON.stringify([{ document }]);
      const isMade = and(eq(loras.project, project), eq(loras.source, "made"));
      return db
        .select(loraLink)
        .from(loras)
        .innerJoin(steps, eq(steps.id, loras.step))
        .where(and(isMade, sql`${steps.planned}->'params'->'from' @> ${from}::jsonb`))
        .orderBy(loras.id)
        .limit(1_000);
    },

    /** The runs that made pictures with one of these files, and how many; the newest first. */
    async generationsWith({ project }: LoraScope, files: readonly string[]) {
      const applied = files.map((sha256) => sql`${generations.loras} @> ${JSON.stringify([{ sha256 }])}::jsonb`);
      return db
        .select({ run: generations.run, count: sql<number>`count(*)::int` })
        .from(generations)
        .where(and(eq(generations.project, project), or(...applied)))
        .groupBy(generations.run)
        .orderBy(desc(generations.run))
        .limit(1_000);
    },
  };
}
