import type { JsonObject, ProjectId, RunId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, lt, or, sql } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { generations } from "../schema/library.ts";
import { limitOf, type Page, type PageRequest, toPageById } from "./paging.ts";

export type LibraryGeneration = typeof generations.$inferSelect;

interface GenerationFilter extends PageRequest {
  readonly project?: ProjectId | undefined;
  readonly run?: RunId | undefined;
  readonly kind?: string | undefined;
  /** Drawn with a LoRA of this name or of these bytes. */
  readonly lora?: { readonly name: string; readonly sha256: string | null } | undefined;
}

/** Finished pictures and clips. */
export function generationQueries({ db }: Connection) {
  /** Asks the index over the applied LoRAs. */
  const appliedWith = (facts: object) => sql`${generations.loras} @> ${JSON.stringify([facts])}::jsonb`;

  return {
    /** Newest first. */
    async list(filter: GenerationFilter): Promise<Page<LibraryGeneration>> {
      const { project, run, kind, lora, cursor } = filter;
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(generations)
        .where(
          and(
            project === undefined ? undefined : eq(generations.project, project),
            run === undefined ? undefined : eq(generations.run, run),
            kind === undefined ? undefined : eq(generations.kind, kind),
            lora === undefined
              ? undefined
              : or(
                  appliedWith({ name: lora.name }),
                  lora.sha256 === null ? undefined : appliedWith({ sha256: lora.sha256 }),
                ),
            cursor === undefined ? undefined : lt(generations.id, cursor),
          ),
        )
        .orderBy(desc(generations.id))
        .limit(limit + 1);
      return toPageById(rows, limit);
    },

    /** The newest one whose file has these bytes. */
    async byFile(ref: {
      readonly sha256: string;
      readonly project?: ProjectId | undefined;
    }): Promise<LibraryGeneration | null> {
      const { sha256, project } = ref;
      const [row] = await db
        .select()
        .from(generations)
        .where(
          and(eq(generations.sha256, sha256), project === undefined ? undefined : eq(generations.project, project)),
        )
        .orderBy(desc(generations.id))
        .limit(1);
      return row ?? null;
    },

    /**
     * The newest one whose record says this of how it was made: what `Generation` holds without what the bytes of its file
     * decide. A picture that was drawn twice in the same way says the same of both.
     */
    async byRecord(ref: {
      readonly record: JsonObject;
      readonly project?: ProjectId | undefined;
    }): Promise<LibraryGeneration | null> {
      const { record, project } = ref;
      const { image: _image, seconds: _seconds, graph: _graph, explanation: _explanation, ...told } = record;
      const { seed, prompt } = told;
      // What has neither is no record of ours, and the search would read every record there is.
      if (typeof seed !== "number" || typeof prompt !== "string") return null;
      const [row] = await db
        .select()
        .from(generations)
        .where(
          and(
            project === undefined ? undefined : eq(generations.project, project),
            eq(generations.seed, seed),
            sql`${generations.record} - '{image,seconds,graph}'::text[] = ${jsonText(told)}::jsonb`,
          ),
        )
        .orderBy(desc(generations.id))
        .limit(1);
      return row ?? null;
    },

    async get(ref: {
      readonly id: string;
      readonly project?: ProjectId | undefined;
    }): Promise<LibraryGeneration | null> {
      const { id, project } = ref;
      const ofProject = project === undefined ? undefined : eq(generations.project, project);
      const [row] = await db
        .select()
        .from(generations)
        .where(and(eq(generations.id, id), ofProject));
      return row ?? null;
    },
  };
}
