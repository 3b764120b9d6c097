import type { CatalogRecord, Settlement } from "@loramill/contracts";
import type { NewId, Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { type MadeDataset, type MadeLora, tellDatasets, tellLoras } from "../webhooks/tell-records.ts";

/** A settlement whose outcome has just been written, with what the catalog knows of its job. */
export type Published = Pick<Settlement, "job" | "epoch" | "records"> & {
  readonly run: string;
  readonly step: string;
  readonly project: string;
};

type Kind = CatalogRecord["kind"];
type RowOf = Record<string, unknown>;

/** Writes the rows that jobs publish with their outcomes, one statement per kind, in the settlement's transaction. */
export async function writeRecords(sql: Sql, published: readonly Published[], newId: NewId): Promise<void> {
  const rows = new Map<Kind, RowOf[]>();
  for (const { job, epoch, run, step, project, records } of published) {
    for (const record of records) {
      const list = rows.get(record.kind) ?? [];
      for (const row of toRows(record, newId)) list.push({ job, epoch, run, job_step: step, project, ...row });
      rows.set(record.kind, list);
    }
  }
  // Datasets and LoRAs are numbered within their names; in a fixed order, so that two transactions cannot deadlock.
  for (const kind of Object.keys(INSERTS).sort() as Kind[]) {
    const list = rows.get(kind);
    if (list !== undefined && list.length > 0) {
      const { rows } = await sql.query({ name: `record-${kind}`, text: INSERTS[kind], values: [jsonText(list)] });
      if (kind === "lora") await tellLoras(sql, rows as MadeLora[]);
      if (kind === "dataset") await tellDatasets(sql, rows as MadeDataset[]);
    }
  }
}

function toRows(record: CatalogRecord, newId: NewId): RowOf[] {
  switch (record.kind) {
    case "images":
      return record.images.map((image) => ({
        sha256: image.original.sha256,
        path: image.path,
        bytes: image.original.bytes,
        media_type: image.original.mediaType,
        width: image.width,
        height: image.height,
        format: image.format,
        ...image.hashes,
        phash_mirrored: image.hashes.phashMirrored,
        quality: image.quality,
        content: image.content,
      }));
    case "dataset":
      return [{ ...record, id: newId("dsv") }];
    case "captions":
      return record.captions.map((caption) => ({ ...caption, document: record.document }));
    case "lora":
      return [
        {
          ...record,
          id: newId("lor"),
          base_model: record.baseModel,
          trigger_word: record.triggerWord,
          weights_sha256: record.weightsSha256,
          tensors_sha256: record.tensorsSha256,
        },
      ];
    case "checkpoint":
      return [
        {
          ...record,
          id: newId("chk"),
          images_seen: record.imagesSeen,
          paid_seconds: record.paidSeconds,
          object_prefix: record.objectPrefix,
        },
      ];
    case "generations":
      return record.generations.map((generation) => ({
        ...generation,
        id: newId("gen"),
        ...generation.image,
        media_type: generation.image.mediaType,
        negative_prompt: generation.negativePrompt,
        base_model: generation.baseModel,
        kind: generation.spec?.kind ?? "text-to-image",
        record: generation,
      }));
  }
}

const INSERTS: Record<Kind, string> = {
  images: `
insert into loramill.images (project, sha256, path, bytes, media_type, width, height, format, pixels, phash,
  phash_mirrored, dhash, quality, content)
select project, sha256, path, bytes, media_type, width, height, format, pixels, phash, phash_mirrored, dhash, quality,
  content
from json_to_recordset($1::json) as r(project text, sha256 text, path text, bytes bigint, media_type text, width int,
  height int, format text, pixels text, phash text, phash_mirrored text, dhash text, quality jsonb, content jsonb)
order by project, sha256
on conflict (project, sha256) do nothing`,
  dataset: `
with r as materialized (
  select * from json_to_recordset($1::json)
    as r(project text, id text, name text, digest text, images int, statistics jsonb, run text)
), named as (
  insert into loramill.datasets (project, name) select distinct project, name from r order by project, name
  on conflict (project, name) do update set name = excluded.name
  returning project, name
)
insert into loramill.dataset_versions (id, project, name, version, digest, images, statistics, run)
select r.id, r.project, r.name,
  row_number() over (partition by r.project, r.name order by r.id) + coalesce((
    select max(v.version) from loramill.dataset_versions v where v.project = r.project and v.name = r.name
  ), 0),
  r.digest, r.images, r.statistics, r.run
from r join named on named.project = r.project and named.name = r.name
on conflict (project, name, digest) do nothing
returning id, project, run, name, version, digest, images`,
  captions: `
insert into loramill.captions (project, image, path, text, provider, raw, run, job, document)
select project, image, path, text, provider, raw, run, job, document
from json_to_recordset($1::json) as r(project text, image text, path text, text text, provider text, raw text, run text,
  job text, document text)`,
  lora: `
with r as materialized (
  select r.*, pg_advisory_xact_lock(hashtextextended(r.project || '/' || r.name, 1))
  from (
    select * from json_to_recordset($1::json)
      as r(project text, id text, name text, document text, family text, base_model text, trigger_word text,
        weights_sha256 text, tensors_sha256 text, bytes bigint, dataset text, run text, job_step text, rank int,
        files jsonb)
    order by project, name
  ) r
)
insert into loramill.loras (id, project, name, version, document, family, base_model, trigger_word, weights_sha256,
  tensors_sha256, bytes, files, dataset, run, step, rank, trigger_words, source, family_from)
select id, project, name,
  row_number() over (partition by project, name order by id) + coalesce((
    select max(l.version) from loramill.loras l where l.project = r.project and l.name = r.name
  ), 0),
  document, family, base_model, trigger_word, weights_sha256, tensors_sha256, bytes, coalesce(files, '[]'), dataset, run,
  job_step, rank,
  case when trigger_word is null then '{}' else array[trigger_word] end,
  case when dataset is null then 'made' else 'trained' end,
  case when dataset is null then null else 'recipe' end
from r
on conflict (project, document) do nothing
returning id, project, run, name, version, family`,
  checkpoint: `
insert into loramill.checkpoints (id, run, job, epoch, step, images_seen, paid_seconds, object_prefix, loss)
select id, run, job, epoch, step, images_seen, paid_seconds, object_prefix, loss
from json_to_recordset($1::json) as r(id text, run text, job text, epoch int, step int, images_seen int,
  paid_seconds float8, object_prefix text, loss float8)
on conflict (job, step, epoch) do nothing`,
  generations: `
insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt, negative_prompt,
  seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds, kind, frames, fps, record)
select id, project, run, job_step, job, index, sha256, bytes, media_type, prompt, negative_prompt, seed, steps, guidance,
  sampler, width, height, loras, base_model, backend, seconds, kind, frames, fps, record
from json_to_recordset($1::json) as r(id text, project text, run text, job_step text, job text, index int, sha256 text,
  bytes bigint, media_type text, prompt text, negative_prompt text, seed bigint, steps int, guidance float8, sampler text,
  width int, height int, loras jsonb, base_model text, backend text, seconds float8,
  kind text, frames int, fps float8, record jsonb)
on conflict (step, index) do nothing`,
};
