import type { JsonObject, ProjectId, RunId } from "@loramill/contracts";
import { and, asc, desc, eq, gt, like, lt, max, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Connection } from "../connection.ts";
import { captions, datasets, datasetVersions, generations, images, loras } from "../schema/library.ts";
import { checkpoints } from "../schema/work.ts";
import { limitOf, type Page, type PageRequest, toPage } from "./paging.ts";

export type LibraryLora = typeof loras.$inferSelect;
export type LibraryDataset = typeof datasetVersions.$inferSelect;
export type LibraryImage = typeof images.$inferSelect;
export type LibraryCaption = typeof captions.$inferSelect;
export type LibraryGeneration = typeof generations.$inferSelect;
export type LibraryCheckpoint = typeof checkpoints.$inferSelect;

interface LibraryFilter extends PageRequest {
  readonly project?: ProjectId | undefined;
  readonly run?: RunId | undefined;
}

/** What the runs of a project have made. */
export function libraryQueries({ db, newId }: Connection) {
  const wanted = (
    table: { readonly project: PgColumn; readonly run: PgColumn },
    filter: LibraryFilter,
  ): (SQL | undefined)[] => [
    filter.project === undefined ? undefined : eq(table.project, filter.project),
    filter.run === undefined ? undefined : eq(table.run, filter.run),
  ];

  return {
    /** By name (the newest version), by id, or by the digest of its document, file or tensors. */
    async findLora(ref: { readonly project: ProjectId; readonly lora: string }): Promise<LibraryLora | null> {
      const named = [loras.name, loras.id, loras.document, loras.weightsSha256, loras.tensorsSha256];
      const [row] = await db
        .select()
        .from(loras)
        .where(and(eq(loras.project, ref.project), or(...named.map((column) => eq(column, ref.lora)))))
        .orderBy(desc(loras.version), desc(loras.id))
        .limit(1);
      return row ?? null;
    },

    /** Newest first. */
    async loras(filter: LibraryFilter): Promise<Page<LibraryLora>> {
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(loras)
        .where(and(...wanted(loras, filter), filter.cursor === undefined ? undefined : lt(loras.id, filter.cursor)))
        .orderBy(desc(loras.id))
        .limit(limit + 1);
      return toPage(
        rows,
        limit,
        (row) => row,
        (row) => row.id,
      );
    },

    /** Versions of datasets, newest first. */
    async datasets(filter: LibraryFilter & { readonly name?: string | undefined }): Promise<Page<LibraryDataset>> {
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(datasetVersions)
        .where(
          and(
            ...wanted(datasetVersions, filter),
            filter.name === undefined ? undefined : eq(datasetVersions.name, filter.name),
            filter.cursor === undefined ? undefined : lt(datasetVersions.id, filter.cursor),
          ),
        )
        .orderBy(desc(datasetVersions.id))
        .limit(limit + 1);
      return toPage(
        rows,
        limit,
        (row) => row,
        (row) => row.id,
      );
    },

    /** By the digest of its manifest or a beginning of it (8 characters or more), by id, or by name (the newest version). */
    async findDataset(ref: {
      readonly project?: ProjectId | undefined;
      readonly dataset: string;
    }): Promise<LibraryDataset | null> {
      const isPrefix = /^[0-9a-f]{8,63}$/.test(ref.dataset);
      const named = [datasetVersions.digest, datasetVersions.id, datasetVersions.name];
      const [row] = await db
        .select()
        .from(datasetVersions)
        .where(
          and(
            ref.project === undefined ? undefined : eq(datasetVersions.project, ref.project),
            or(
              ...named.map((column) => eq(column, ref.dataset)),
              isPrefix ? like(datasetVersions.digest, `${ref.dataset}%`) : undefined,
            ),
          ),
        )
        .orderBy(desc(datasetVersions.version), desc(datasetVersions.id))
        .limit(1);
      return row ?? null;
    },

    /** Writes down a version that was derived from another; nothing happens when it is there already. */
    async addDataset(version: {
      readonly project: ProjectId;
      readonly name: string;
      readonly digest: string;
      readonly images: number;
      readonly statistics: JsonObject;
    }): Promise<void> {
      const { project, name } = version;
      await db.transaction(async (tx) => {
        await tx.insert(datasets).values({ project, name }).onConflictDoNothing();
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${name}`}, 2))`);
        const [newest] = await tx
          .select({ version: max(datasetVersions.version) })
          .from(datasetVersions)
          .where(and(eq(datasetVersions.project, project), eq(datasetVersions.name, name)));
        await tx
          .insert(datasetVersions)
          .values({ ...version, id: newId("dsv"), version: (newest?.version ?? 0) + 1, run: "" })
          .onConflictDoNothing();
      });
    },

    async generations(filter: LibraryFilter): Promise<Page<LibraryGeneration>> {
      const limit = limitOf(filter);
      const rows = await db
        .select()
        .from(generations)
        .where(
          and(
            ...wanted(generations, filter),
            filter.cursor === undefined ? undefined : gt(generations.id, filter.cursor),
          ),
        )
        .orderBy(asc(generations.id))
        .limit(limit + 1);
      return toPage(
        rows,
        limit,
        (row) => row,
        (row) => row.id,
      );
    },

    async image(ref: { readonly project: ProjectId; readonly sha256: string }): Promise<LibraryImage | null> {
      const [row] = await db
        .select()
        .from(images)
        .where(and(eq(images.project, ref.project), eq(images.sha256, ref.sha256)));
      return row ?? null;
    },

    /** Every caption that a picture ever had, newest first. */
    async captions(ref: { readonly project: ProjectId; readonly image: string }): Promise<LibraryCaption[]> {
      return db
        .select()
        .from(captions)
        .where(and(eq(captions.project, ref.project), eq(captions.image, ref.image)))
        .orderBy(desc(captions.id))
        .limit(200);
    },

    /** Committed checkpoints of a run's trainings, newest first. */
    async checkpoints(run: RunId): Promise<LibraryCheckpoint[]> {
      return db.select().from(checkpoints).where(eq(checkpoints.run, run)).orderBy(desc(checkpoints.id)).limit(1_000);
    },
  };
}
