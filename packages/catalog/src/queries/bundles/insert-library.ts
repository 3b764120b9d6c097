import type { LibraryRecord, LoraRecord } from "@loramill/bundles";
import { canonicalJson, type LoraDocument, loraBytes, type ProjectId } from "@loramill/contracts";
import type { NewId, Sql } from "../../connection.ts";
import { jsonText } from "../../json-text.ts";

/** How many of a kind were put in, and how many were there. */
export interface Counted {
  readonly added: number;
  readonly there: number;
}

/** Whose library, and the run of the bundle with the ids of its steps; "" where it brings none. */
export interface Place {
  readonly project: ProjectId;
  readonly run: string;
  readonly steps: ReadonlyMap<string, string>;
  readonly bundle: string;
}

export interface LoraToImport {
  readonly record: LoraRecord;
  readonly document: LoraDocument;
}

/** LoRAs with what people wrote about them. One that is there keeps what people wrote about it here. */
export async function insertLoras(
  sql: Sql,
  newId: NewId,
  { project, run, steps, bundle }: Place,
  loras: readonly LoraToImport[],
): Promise<Counted> {
  const rows = loras.map(({ record, document }, place) => ({
    ...{ ...record, id: newId("lor"), place },
    step: steps.get(record.step ?? "") ?? "",
    run: record.step === null ? "" : run,
    origin: record.origin ?? `bundle ${bundle.slice(0, 12)}`,
    baseModel: document.baseModel,
    triggerWord: document.triggerWord,
    weights: document.weights.sha256,
    tensors: document.tensorsSha256,
    bytes: loraBytes(document),
    files: document.files ?? [],
    dataset: document.dataset,
  }));
  const { rows: added } = await sql.query<{ id: string }>(
    `with r as materialized (
       select r.*, pg_advisory_xact_lock(hashtextextended($1 || '/' || r.name, 1))
       from (
         select * from json_to_recordset($2::json)
           as r(id text, place int, name text, document text, family text, variant text, "familyFrom" text, dialect text,
             rank int, "baseModel" text, "triggerWord" text, "triggerWords" jsonb, tags jsonb, notes text, cover text,
             weights text, tensors text, bytes bigint, files jsonb, source text, origin text, dataset text, run text, step text)
         order by name
       ) r
       where not exists (select from loramill.loras l where l.project = $1 and l.document = r.document)
     )
     insert into loramill.loras (id, project, name, version, document, family, variant, family_from, dialect, rank, base_model,
       trigger_word, trigger_words, tags, notes, cover, weights_sha256, tensors_sha256, bytes, files, source, origin, dataset, run,
       step)
     select id, $1, name,
       row_number() over (partition by name order by place) + coalesce((
         select max(l.version) from loramill.loras l where l.project = $1 and l.name = r.name
       ), 0),
       document, family, variant, "familyFrom", dialect, rank, "baseModel", "triggerWord",
       array(select jsonb_array_elements_text("triggerWords")), array(select jsonb_array_elements_text(tags)), notes, cover,
       weights, tensors, bytes, files, source, origin, dataset, run, step
     from r on conflict (project, document) do nothing
     returning id`,
    [project, jsonText(rows)],
  );
  const fresh = new Set(added.map(({ id }) => id));
  const written = rows.filter(({ id }) => fresh.has(id));
  const ofEach = <T>(list: (row: (typeof rows)[number]) => readonly T[]) =>
    jsonText(written.flatMap((row) => list(row).map((one) => ({ ...one, lora: row.id }))));
  await sql.query(
    `insert into loramill.lora_aliases (project, lora, kind, value)
     select $1, lora, kind, value from json_to_recordset($2::json) as a(lora text, kind text, value text)
     on conflict do nothing`,
    [project, ofEach(({ aliases }) => aliases)],
  );
  await sql.query(
    `insert into loramill.lora_ratings (project, lora, by, stars, comment, created_at)
     select $1, lora, by, stars, comment, at
     from json_to_recordset($2::json) as r(lora text, by text, stars int, comment text, at timestamptz)
     on conflict do nothing`,
    [project, ofEach(({ ratings }) => ratings)],
  );
  return { added: added.length, there: loras.length - added.length };
}

/** Versions of datasets, in the order in which they were made; `made`: by the run itself. */
export async function insertDatasets(
  sql: Sql,
  newId: NewId,
  { project, run }: Place,
  { all: datasets, made }: { readonly all: LibraryRecord["datasets"]; readonly made: ReadonlySet<string | null> },
): Promise<Counted> {
  const names = [...new Set(datasets.map(({ name }) => name))].sort();
  for (const name of names) {
    await sql.query("insert into loramill.datasets (project, name) values ($1, $2) on conflict do nothing", [
      project,
      name,
    ]);
    // As where a derived version is numbered.
    await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 2))", [`${project}/${name}`]);
  }
  const sorted = [...datasets].sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  const rows = sorted.map((one, place) => ({ ...one, place, id: newId("dsv"), run: made.has(one.digest) ? run : "" }));
  const { rowCount } = await sql.query(
    `with r as materialized (
       select * from json_to_recordset($2::json)
         as r(id text, place int, name text, digest text, images int, statistics jsonb, run text)
       where not exists (
         select from loramill.dataset_versions v where v.project = $1 and v.name = r.name and v.digest = r.digest
       )
     )
     insert into loramill.dataset_versions (id, project, name, version, digest, images, statistics, run)
     select id, $1, name,
       row_number() over (partition by name order by place) + coalesce((
         select max(v.version) from loramill.dataset_versions v where v.project = $1 and v.name = r.name
       ), 0),
       digest, images, statistics, run
     from r on conflict (project, name, digest) do nothing`,
    [project, jsonText(rows)],
  );
  return { added: rowCount ?? 0, there: datasets.length - (rowCount ?? 0) };
}

/** Recipes under their names. A name that means another recipe here goes on meaning it. */
export async function insertRecipes(
  sql: Sql,
  { project }: Pick<Place, "project">,
  recipes: LibraryRecord["recipes"],
): Promise<Counted & { readonly kept: string[] }> {
  const { rows: before } = await sql.query<{ name: string; recipe: unknown }>(
    "select name, recipe from loramill.recipes where project = $1 and name = any($2)",
    [project, recipes.map(({ name }) => name)],
  );
  const there = new Map(before.map(({ name, recipe }) => [name, canonicalJson(recipe)]));
  const kept = recipes.filter(({ name, recipe }) => there.has(name) && there.get(name) !== canonicalJson(recipe));
  const { rowCount } = await sql.query(
    `insert into loramill.recipes (project, name, description, recipe)
     select $1, name, description, recipe
     from json_to_recordset($2::json) as r(name text, description text, recipe jsonb)
     on conflict (project, name) do nothing`,
    [project, jsonText(recipes)],
  );
  const added = rowCount ?? 0;
  return { added, there: recipes.length - added - kept.length, kept: kept.map(({ name }) => name) };
}

const CAPTIONS_PER_INSERT = 5_000;

/** Versions of captions with the time at which they were written; none twice. */
export async function insertCaptions(
  sql: Sql,
  { project, run }: Place,
  captions: LibraryRecord["captions"],
): Promise<void> {
  for (let from = 0; from < captions.length; from += CAPTIONS_PER_INSERT) {
    await sql.query(
      `insert into loramill.captions (project, image, path, text, provider, raw, run, job, document, dataset, created_at)
       select $1, image, path, text, provider, raw, $3, '', document, dataset, at
       from json_to_recordset($2::json) as c(place int, image text, path text, text text, provider text, raw text, document text,
         dataset text, at timestamptz)
       where not exists (
         select from loramill.captions k
         where k.project = $1 and k.image = c.image and k.path = c.path and k.provider = c.provider and k.text = c.text
           and k.created_at = c.at
       )
       order by at, place`,
      [
        project,
        jsonText(captions.slice(from, from + CAPTIONS_PER_INSERT).map((one, place) => ({ ...one, place }))),
        run,
      ],
    );
  }
}
