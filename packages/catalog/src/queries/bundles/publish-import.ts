import type { LibraryRecord } from "@loramill/bundles";
import { type CatalogRecord, type Digest, type JobId, type ProjectId, RunId } from "@loramill/contracts";
import { type Connection, inTransaction, type NewId, type Sql } from "../../connection.ts";
import { jsonText } from "../../json-text.ts";
import { writeRecords } from "../../ledger/records.ts";
import { tellRun } from "../runs.ts";
import { insertImportedRun, type RunToImport } from "./insert-imported-run.ts";
import {
  type Counted,
  insertCaptions,
  insertDatasets,
  insertLoras,
  insertRecipes,
  type LoraToImport,
  type Place,
} from "./insert-library.ts";

export interface ImportToPublish {
  readonly project: ProjectId;
  /** Digest of the bundle's manifest, and what wrote it. */
  readonly bundle: Digest;
  readonly exportedBy: string;
  /** Whether runs of the project may take its results. */
  readonly reuse: boolean;
  readonly actor: string;
  /** Null for the state of a project. */
  readonly run: RunToImport | null;
  /** Names of steps whose pictures are neither in the bundle nor here: they have no output that could be opened. */
  readonly lacking: ReadonlySet<string>;
  /** Names of steps of whose output nothing is missing. */
  readonly whole: ReadonlySet<string>;
  /** What the documents of a step, or without a run those of datasets, put into the library; read again with the transaction. */
  readonly recordsOf: (step: string | null) => AsyncIterable<CatalogRecord>;
  readonly library: Pick<LibraryRecord, "recipes" | "datasets" | "captions">;
  readonly loras: readonly LoraToImport[];
}

export interface PublishedImport {
  readonly run: RunId | null;
  readonly isNew: boolean;
  readonly loras: Counted;
  readonly datasets: Counted;
  readonly recipes: Counted & { readonly kept: readonly string[] };
}

/** All that a bundle brings becomes visible together or not at all. What is there already is left as it is. */
export async function publishImport(
  { pool, newId }: Pick<Connection, "pool" | "newId">,
  given: ImportToPublish,
): Promise<PublishedImport> {
  return inTransaction(pool, async (sql) => {
    const placed = given.run === null ? null : await placeRun(sql, newId, given, given.run);
    const place: Place = {
      ...{ project: given.project, bundle: given.bundle },
      run: placed?.id ?? "",
      steps: placed?.steps ?? new Map(),
    };
    const recipes = await insertRecipes(sql, place, given.library.recipes);
    const made = new Set(
      given.run?.steps.filter(({ planned }) => planned.kind === "dataset").map(({ record }) => record.output),
    );
    const datasets = await insertDatasets(sql, newId, place, { all: given.library.datasets, made });
    const loras = await insertLoras(sql, newId, place, given.loras);
    await insertCaptions(sql, place, given.library.captions);
    if (placed === null)
      await writeAll(sql, newId, { project: given.project, run: "", step: "" }, given.recordsOf(null));
    const run = placed?.id ?? null;
    const isNew = placed === null ? recipes.added + datasets.added + loras.added > 0 : placed.isNew;
    if (placed?.isNew)
      await tellRun(sql, placed.id, "run.imported", { from: given.run?.record.run, bundle: given.bundle });
    return { run, isNew, loras, datasets, recipes };
  });
}

interface PlacedRun {
  readonly id: RunId;
  readonly steps: ReadonlyMap<string, string>;
  readonly isNew: boolean;
}

/** The run of a record, or the one that the same record made before; with what of its steps has become whole since. */
async function placeRun(sql: Sql, newId: NewId, given: ImportToPublish, run: RunToImport): Promise<PlacedRun> {
  const { project, bundle, exportedBy, reuse, actor, lacking, whole } = given;
  const record = run.digest;
  await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 4))", [`${project}/${record}`]);
  const { rows } = await sql.query<{ run: string; reuse: boolean }>(
    "select run, reuse from loramill.imports where project = $1 and record = $2",
    [project, record],
  );
  const [before] = rows;
  const placed =
    before === undefined
      ? await insertImportedRun(sql, newId, { project, run, lacking })
      : await stepsOf(sql, before.run);
  if (before === undefined) {
    await sql.query(
      `insert into loramill.imports (run, project, record, bundle, origin_run, origin_project, exported_by, paid_micro_usd, paid,
         reuse, actor)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ...[placed.id, project, record, bundle, run.record.run, run.record.project, exportedBy],
        run.record.costs.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0),
        ...[jsonText(run.record.costs), reuse, actor],
      ],
    );
  } else if (before.reuse !== reuse) {
    await sql.query("update loramill.imports set reuse = $2, actor = $3 where run = $1", [before.run, reuse, actor]);
  }
  for (const { planned, record: step } of run.steps) {
    const id = placed.steps.get(step.name);
    if (id === undefined || step.output === null || lacking.has(step.name)) continue;
    const isFirst = before === undefined || (await giveOutput(sql, id, step.output));
    if (isFirst) await writeAll(sql, newId, { project, run: placed.id, step: id }, given.recordsOf(step.name));
    if (!whole.has(step.name)) continue;
    await sql.query(
      `insert into loramill.imported_results (project, key, run, step, kind, output, items, summary)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [project, step.key, placed.id, id, planned.kind, step.output, step.items ?? 0, jsonText(step.summary)],
    );
  }
  return { ...placed, isNew: before === undefined };
}

async function stepsOf(sql: Sql, run: string): Promise<Omit<PlacedRun, "isNew">> {
  const { rows } = await sql.query<{ id: string; name: string }>("select id, name from loramill.steps where run = $1", [
    run,
  ]);
  return { id: RunId.parse(run), steps: new Map(rows.map(({ id, name }) => [name, id])) };
}

/** Of a step whose pictures an earlier import left out. */
async function giveOutput(sql: Sql, step: string, output: Digest): Promise<boolean> {
  const { rowCount } = await sql.query(
    "update loramill.steps set output = $2 where id = $1 and output is null and state in ('succeeded', 'reused')",
    [step, output],
  );
  return rowCount === 1;
}

/** The step stands in the place of the job that it has none of. */
async function writeAll(
  sql: Sql,
  newId: NewId,
  at: { readonly project: ProjectId; readonly run: string; readonly step: string },
  records: AsyncIterable<CatalogRecord>,
): Promise<void> {
  for await (const record of records) {
    await writeRecords(sql, [{ ...at, job: at.step as JobId, epoch: 0, records: [record] }], newId);
  }
}
