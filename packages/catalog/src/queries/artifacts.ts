import type { Digest } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, asc, eq } from "../drizzle.ts";
import { importedResults, imports } from "../schema/imports.ts";
import { artifacts } from "../schema/work.ts";

export type ArtifactRow = typeof artifacts.$inferSelect;

export interface FoundResult extends Pick<ArtifactRow, "output" | "items"> {
  /** A bundle says so: it was not made here. */
  readonly imported: boolean;
}

export function artifactQueries({ db }: Connection) {
  return {
    /** The result under a step's key that a run of the project may take: one that was made here, else one that a bundle brought. */
    async find(key: Digest, project: string): Promise<FoundResult | null> {
      const [row] = await db.select().from(artifacts).where(eq(artifacts.key, key));
      if (row !== undefined) return { output: row.output, items: row.items, imported: false };
      const [claim] = await db
        .select({ output: importedResults.output, items: importedResults.items })
        .from(importedResults)
        .innerJoin(imports, and(eq(imports.run, importedResults.run), eq(imports.reuse, true)))
        .where(and(eq(importedResults.project, project), eq(importedResults.key, key)))
        .orderBy(asc(importedResults.run))
        .limit(1);
      return claim === undefined ? null : { ...claim, imported: true };
    },
    /** What the steps of a run made, oldest first. */
    async ofRun(run: string): Promise<ArtifactRow[]> {
      return db.select().from(artifacts).where(eq(artifacts.run, run)).orderBy(artifacts.id);
    },
  };
}
