import type { AppliedLora, Generation, JsonObject } from "@loramill/contracts";
import { bigint, bigserial, doublePrecision, index, integer, jsonb, primaryKey, text, unique } from "../drizzle.ts";
import { createdAt, loramill } from "./columns.ts";
import { project } from "./tenancy.ts";

export const datasets = loramill.table(
  "datasets",
  { project: project(), name: text("name").notNull(), createdAt: createdAt() },
  (table) => [primaryKey({ columns: [table.project, table.name] })],
);

/** Immutable: the digest of the manifest is the version's identity; `version` counts within the dataset. */
export const datasetVersions = loramill.table(
  "dataset_versions",
  {
    id: text("id").primaryKey(),
    project: project(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    digest: text("digest").notNull(),
    images: integer("images").notNull(),
    statistics: jsonb("statistics").$type<JsonObject>().notNull(),
    run: text("run").notNull(),
    createdAt: createdAt(),
  },
  (table) => [unique("dataset_versions_digest").on(table.project, table.name, table.digest)],
);

/** Facts of a picture by the SHA-256 of its bytes, once per project. Hashes are hex as in `ImageHashes`. */
export const images = loramill.table(
  "images",
  {
    project: project(),
    sha256: text("sha256").notNull(),
    path: text("path").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    mediaType: text("media_type").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    format: text("format").notNull(),
    pixels: text("pixels").notNull(),
    phash: text("phash").notNull(),
    phashMirrored: text("phash_mirrored").notNull(),
    dhash: text("dhash").notNull(),
    quality: jsonb("quality").$type<JsonObject>().notNull(),
    content: jsonb("content").$type<JsonObject>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.project, table.sha256] })],
);

/**
 * Every version of every caption; the newest of a picture is the one with the largest id. A captioner's was written by a
 * job: its document holds prompt, cost and voices. A person's was written in a version of a dataset: `run` and `job` are "".
 */
export const captions = loramill.table(
  "captions",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    project: project(),
    image: text("image").notNull(),
    path: text("path").notNull(),
    text: text("text").notNull(),
    provider: text("provider").notNull(),
    raw: text("raw").notNull(),
    run: text("run").notNull(),
    job: text("job").notNull(),
    /** The `captions` document that it is part of. */
    document: text("document"),
    /** The version of a dataset that a person made with it. */
    dataset: text("dataset"),
    /** Id of the API key that was used, where one was. */
    author: text("author"),
    createdAt: createdAt(),
  },
  (table) => [
    index("captions_of_image").on(table.project, table.image, table.id),
    index("captions_of_run").on(table.run),
  ],
);

export const generations = loramill.table(
  "generations",
  {
    id: text("id").primaryKey(),
    project: project(),
    run: text("run").notNull(),
    step: text("step").notNull(),
    job: text("job").notNull(),
    index: integer("index").notNull(),
    sha256: text("sha256").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    mediaType: text("media_type").notNull(),
    prompt: text("prompt").notNull(),
    negativePrompt: text("negative_prompt").notNull(),
    seed: bigint("seed", { mode: "number" }).notNull(),
    steps: integer("steps").notNull(),
    guidance: doublePrecision("guidance").notNull(),
    sampler: text("sampler").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    loras: jsonb("loras").$type<AppliedLora[]>().notNull(),
    baseModel: text("base_model").notNull(),
    backend: text("backend").notNull(),
    seconds: doublePrecision("seconds").notNull(),
    /** What was asked for, such as `image-to-image`. */
    kind: text("kind").notNull().default("text-to-image"),
    /** Of a clip. */
    frames: integer("frames"),
    fps: doublePrecision("fps"),
    /** All that is known of it; null for those of before this was kept. */
    record: jsonb("record").$type<Generation>(),
    createdAt: createdAt(),
  },
  (table) => [
    unique("generations_of_step").on(table.step, table.index),
    index("generations_of_run").on(table.run, table.index),
    index("generations_by_project").on(table.project, table.id),
    index("generations_by_lora").using("gin", table.loras.op("jsonb_path_ops")),
  ],
);
