import type { JsonObject, ProjectId, RunId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, asc, desc, eq, like, lt, max, type PgColumn, type SQL, sql } from "../drizzle.ts";
import { datasets, datasetVersions, images } from "../schema/library.ts";
import { checkpoints } from "../schema/work.ts";
import { captionHistoryQueries, type EditedCaption, writeEdits } from "./caption-history.ts";
import { limitOf, type Page, type PageRequest, toPageById } from "./paging.ts";

export type LibraryDataset = typeof datasetVersions.$inferSelect;
export type LibraryImage = typeof images.$inferSelect;
export type LibraryCheckpoint = typeof checkpoints.$inferSelect;

interface LibraryFilter extends PageRequest {
  readonly project?: ProjectId | undefined;
  readonly run?: RunId | undefined;
}

interface DatasetFilter extends LibraryFilter {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** The beginning of it, in hex. */
  readonly digest?: string | undefined;
  /** Only the newest version of each dataset. */
  readonly newest?: boolean | undefined;
}

const isNewest = sql`not exists (select 1 from ${datasetVersions} as later where later.project = ${datasetVersions.project}
  and later.name = ${datasetVersions.name} and later.version > ${datasetVersions.version})`;

/** What the runs of a project have made. */
export function libraryQueries(connection: Connection) {
  const { db, newId } = connection;
  const wanted = (
    table: { readonly project: PgColumn; readonly run: PgColumn },
    filter: LibraryFilter,
  ): (SQL | undefined)[] => [
    filter.project === undefined ? undefined : eq(table.project, filter.project),
    filter.run === undefined ? undefined : eq(table.run, filter.run),
  ];

  return {
    ...captionHistoryQueries(connection),

    /** Versions of datasets, newest first. */
    async datasets(filter: DatasetFilter): Promise<Page<LibraryDataset>> {
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(datasetVersions)
        .where(
          and(
            ...wanted(datasetVersions, filter),
            filter.id === undefined ? undefined : eq(datasetVersions.id, filter.id),
            filter.name === undefined ? undefined : eq(datasetVersions.name, filter.name),
            filter.digest === undefined ? undefined : like(datasetVersions.digest, `${filter.digest}%`),
            filter.newest ? isNewest : undefined,
            filter.cursor === undefined ? undefined : lt(datasetVersions.id, filter.cursor),
          ),
        )
        .orderBy(desc(datasetVersions.id))
        .limit(limit + 1);
      return toPageById(rows, limit);
    },

    /** Names of datasets, in their order; at most 1,000. */
    async datasetNames({ project }: { readonly project?: ProjectId | undefined }): Promise<string[]> {
      const rows = await db
        .selectDistinct({ name: datasets.name })
        .from(datasets)
        .where(project === undefined ? undefined : eq(datasets.project, project))
        .orderBy(asc(datasets.name))
        .limit(1000);
      return rows.map(({ name }) => name);
    },

    /**
     * Writes down a version that was derived from another, and the captions that a person wrote in it; nothing happens when
     * it is there already.
     */
    async addDataset({
      edits,
      author,
      ...version
    }: {
      readonly project: ProjectId;
      readonly name: string;
      readonly digest: string;
      readonly images: number;
      readonly statistics: JsonObject;
      readonly edits: readonly EditedCaption[];
      /** Id of the API key that was used. */
      readonly author: string | null;
    }): Promise<void> {
      const { project, name } = version;
      await db.transaction(async (tx) => {
        await tx.insert(datasets).values({ project, name }).onConflictDoNothing();
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${name}`}, 2))`);
        const [newest] = await tx
          .select({ version: max(datasetVersions.version) })
          .from(datasetVersions)
          .where(and(eq(datasetVersions.project, project), eq(datasetVersions.name, name)));
        const written = await tx
          .insert(datasetVersions)
          .values({ ...version, id: newId("dsv"), version: (newest?.version ?? 0) + 1, run: "" })
          .onConflictDoNothing()
          .returning({ digest: datasetVersions.digest });
        if (written.length > 0) await writeEdits(tx, { project, dataset: version.digest, author }, edits);
      });
    },

    async image(ref: { readonly project: ProjectId; readonly sha256: string }): Promise<LibraryImage | null> {
      const [row] = await db
        .select()
        .from(images)
        .where(and(eq(images.project, ref.project), eq(images.sha256, ref.sha256)));
      return row ?? null;
    },

    /** Committed checkpoints of a run's trainings, newest first. */
    async checkpoints(run: RunId): Promise<LibraryCheckpoint[]> {
      return db.select().from(checkpoints).where(eq(checkpoints.run, run)).orderBy(desc(checkpoints.id)).limit(1_000);
    },
  };
}
