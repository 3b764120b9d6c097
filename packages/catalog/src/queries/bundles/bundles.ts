import type { CostRecord, DatasetRecord, LibraryRecord, LoraRecord, StepRecord } from "@loramill/bundles";
import type { DatasetStatistics, Digest, ProjectId, RunId } from "@loramill/contracts";
import type { Connection } from "../../connection.ts";
import { toNumber } from "../../connection.ts";
import { and, asc, eq, inArray } from "../../drizzle.ts";
import { captions, datasetVersions } from "../../schema/library.ts";
import { loraAliases, loraRatings, loras } from "../../schema/loras.ts";
import { steps } from "../../schema/runs.ts";
import type { RunRef } from "../run-ref.ts";
import { isoOrNull, toJobCounts } from "../run-view.ts";
import { type ImportToPublish, publishImport } from "./publish-import.ts";

/** What a bundle tells of a project's library: of these documents, or of all. */
interface LibraryWanted {
  readonly project: ProjectId;
  readonly documents: readonly Digest[] | "all";
  /** The run whose steps are named as makers of LoRAs. */
  readonly run: RunId | null;
}

/** What bundles are written of, and where they are read into. */
export function bundleQueries(connection: Connection) {
  const { db, pool } = connection;
  const among = (column: typeof loras.document | typeof datasetVersions.digest, { documents }: LibraryWanted) =>
    documents === "all" ? undefined : inArray(column, [...documents]);

  return {
    publish: (request: ImportToPublish) => publishImport(connection, request),

    /** The steps of a run as they ended, in their order. */
    async steps(run: RunId): Promise<StepRecord[]> {
      const rows = await db.select().from(steps).where(eq(steps.run, run)).orderBy(asc(steps.ordinal));
      return rows.map((row) => ({
        name: row.name,
        state: row.state as StepRecord["state"],
        key: row.output === null ? null : row.key,
        inputs: row.output === null ? {} : (row.inputs ?? {}),
        output: row.output,
        items: row.items,
        summary: row.summary,
        reason: row.reason,
        error: row.error,
        jobs: toJobCounts(row),
        startedAt: isoOrNull(row.startedAt),
        endedAt: isoOrNull(row.endedAt),
      }));
    },

    /**
     * What a run cost, summed by step and kind; of an imported one what it cost where it ran. Sums of floats would depend on
     * the order of the rows.
     */
    async costs({ run }: RunRef): Promise<CostRecord[]> {
      const { rows } = await pool.query<Omit<CostRecord, "amountMicroUsd"> & { readonly amount: string }>(
        `select s.name as step, l.kind, l.supplier, l.unit, sum(l.quantity::numeric)::float8 as quantity, sum(l.amount_micro_usd) as amount
         from loramill.ledger l join loramill.steps s on s.id = l.step
         where l.run = $1 group by s.ordinal, s.name, l.kind, l.supplier, l.unit
         union all
         select step, kind, supplier, unit, quantity, "amountMicroUsd"
         from loramill.imports i, jsonb_to_recordset(i.paid)
           as p(step text, kind text, supplier text, unit text, quantity float8, "amountMicroUsd" bigint)
         where i.run = $1
         order by 1, 2, 3, 4`,
        [run],
      );
      return rows.map(({ amount, ...row }) => ({ ...row, amountMicroUsd: toNumber(amount) }));
    },

    async datasets(wanted: LibraryWanted): Promise<DatasetRecord[]> {
      const rows = await db
        .select()
        .from(datasetVersions)
        .where(and(eq(datasetVersions.project, wanted.project), among(datasetVersions.digest, wanted)))
        .orderBy(asc(datasetVersions.id));
      return rows.map(({ name, digest, images, statistics, createdAt }) => ({
        ...{ name, digest, images, createdAt: createdAt.toISOString() },
        statistics: statistics as unknown as DatasetStatistics,
      }));
    },

    /** LoRAs that are not deleted, oldest first, with what people wrote about them. */
    async loras(wanted: LibraryWanted): Promise<LoraRecord[]> {
      const { project, run } = wanted;
      const [rows, aliases, ratings] = await Promise.all([
        db
          .select({ lora: loras, step: steps.name })
          .from(loras)
          .leftJoin(steps, eq(steps.id, loras.step))
          .where(and(eq(loras.project, project), among(loras.document, wanted)))
          .orderBy(asc(loras.id)),
        db
          .select()
          .from(loraAliases)
          .where(eq(loraAliases.project, project))
          .orderBy(asc(loraAliases.kind), asc(loraAliases.value)),
        db.select().from(loraRatings).where(eq(loraRatings.project, project)).orderBy(asc(loraRatings.by)),
      ]);
      const aliasesOf = Map.groupBy(aliases, ({ lora }) => lora);
      const ratingsOf = Map.groupBy(ratings, ({ lora }) => lora);
      return rows.flatMap(({ lora, step }) => {
        if (lora.deletedAt !== null) return [];
        const { document, name, family, variant, familyFrom, dialect, rank, triggerWords, tags, notes, cover } = lora;
        return [
          {
            ...{ document, name, family, variant, familyFrom, dialect, rank, triggerWords, tags, notes, cover },
            ...{ source: lora.source, origin: lora.origin, step: run !== null && lora.run === run ? step : null },
            aliases: (aliasesOf.get(lora.id) ?? []).map(({ kind, value }) => ({ kind, value })),
            ratings: (ratingsOf.get(lora.id) ?? []).map(({ by, stars, comment, createdAt }) => ({
              ...{ by, stars, comment, at: createdAt.toISOString() },
            })),
          },
        ];
      });
    },

    /** Every version of every caption of a project, oldest first. */
    async captions(project: ProjectId): Promise<LibraryRecord["captions"]> {
      const rows = await db.select().from(captions).where(eq(captions.project, project)).orderBy(asc(captions.id));
      return rows.map(({ image, path, text, provider, raw, document, dataset, createdAt }) => ({
        ...{ image, path, text, provider, raw, document, dataset, at: createdAt.toISOString() },
      }));
    },
  };
}
