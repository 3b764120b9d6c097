import type { ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq } from "../drizzle.ts";
import { captions } from "../schema/library.ts";
import { jobs, steps } from "../schema/runs.ts";
import { apiKeys } from "../schema/tenancy.ts";

/** A caption that a picture had, and who wrote it: a step of a run, or a person in a version of a dataset. */
export type LibraryCaption = typeof captions.$inferSelect & {
  /** Name of the step; null once the run is gone, and for what a person wrote. */
  readonly step: string | null;
  /** Name of the API key that was used. */
  readonly authorName: string | null;
};

/** What a person wrote, as the catalog keeps it; an empty text took the caption away. */
export interface EditedCaption {
  readonly image: string;
  readonly path: string;
  readonly text: string;
}

/** Versions of a caption that are looked at; older ones stay in the table. */
const MAX_VERSIONS = 200;
/** Rows of one statement, which takes 65,535 parameters at most. */
const ROWS = 5_000;

/** The provider of captions that a person wrote. */
const EDITED = "edited";

export function captionHistoryQueries({ db }: Connection) {
  return {
    /** Captions that a picture had, newest first. */
    async captions(ref: { readonly project: ProjectId; readonly image: string }): Promise<LibraryCaption[]> {
      const rows = await db
        .select({ caption: captions, step: steps.name, authorName: apiKeys.name })
        .from(captions)
        .leftJoin(jobs, eq(jobs.id, captions.job))
        .leftJoin(steps, eq(steps.id, jobs.step))
        .leftJoin(apiKeys, eq(apiKeys.id, captions.author))
        .where(and(eq(captions.project, ref.project), eq(captions.image, ref.image)))
        .orderBy(desc(captions.id))
        .limit(MAX_VERSIONS);
      return rows.map(({ caption, ...who }) => ({ ...caption, ...who }));
    },
  };
}

/** Writes down what a person wrote in a version, in the transaction that makes the version. */
export async function writeEdits(
  tx: Pick<Connection["db"], "insert">,
  made: { readonly project: ProjectId; readonly dataset: string; readonly author: string | null },
  edits: readonly EditedCaption[],
): Promise<void> {
  for (let from = 0; from < edits.length; from += ROWS) {
    const rows = edits.slice(from, from + ROWS);
    await tx
      .insert(captions)
      .values(rows.map((edit) => ({ ...made, ...edit, raw: edit.text, provider: EDITED, run: "", job: "" })));
  }
}
