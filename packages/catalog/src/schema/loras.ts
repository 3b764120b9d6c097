import type { LoraFile, LoraSource } from "@loramill/contracts";
import { bigint, index, integer, jsonb, primaryKey, sql, text, unique, uniqueIndex } from "../drizzle.ts";
import { createdAt, loramill, time, where } from "./columns.ts";
import { project } from "./tenancy.ts";

const words = (name: string) => text(name).array().notNull().default(sql`'{}'`);

/**
 * The library of LoRAs. `version` counts within (project, name), deleted ones included, so that a number never means two
 * files; the document holds how it was made. What people write about one is here and in the tables below.
 */
export const loras = loramill.table(
  "loras",
  {
    id: text("id").primaryKey(),
    project: project(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    document: text("document").notNull(),
    family: text("family").notNull(),
    variant: text("variant"),
    /** `recipe`, `modelspec.architecture`, `ss_base_model_version`, `keys` or `given`; null where nothing told it. */
    familyFrom: text("family_from"),
    dialect: text("dialect"),
    /** Of most of its modules. */
    rank: integer("rank"),
    baseModel: text("base_model").notNull(),
    /** As the training or its file says; `trigger_words` is what people made of it. */
    triggerWord: text("trigger_word"),
    triggerWords: words("trigger_words"),
    tags: words("tags"),
    notes: text("notes").notNull().default(""),
    /** SHA-256 of a picture among the blobs. */
    cover: text("cover"),
    /** Of its only file, or of the first of `files`. */
    weightsSha256: text("weights_sha256").notNull(),
    tensorsSha256: text("tensors_sha256").notNull(),
    /** Of all its files. */
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    /** Files of single experts, high noise first; empty where one file is for the whole model. */
    files: jsonb("files").$type<LoraFile[]>().notNull().default([]),
    source: text("source").$type<LoraSource>().notNull().default("trained"),
    /** File name or address that an imported one came from. */
    origin: text("origin"),
    /** Null for one that was not trained here. */
    dataset: text("dataset"),
    /** Empty for an import, which no run made. */
    run: text("run").notNull(),
    step: text("step").notNull(),
    createdAt: createdAt(),
    deletedAt: time("deleted_at"),
  },
  (table) => [
    unique("loras_document").on(table.project, table.document),
    index("loras_by_name").on(table.project, table.name, table.version),
    index("loras_by_weights").on(table.project, table.weightsSha256),
    index("loras_by_tensors").on(table.project, table.tensorsSha256),
    index("loras_by_project").on(table.project, table.id),
    index("loras_of_run").on(table.run),
  ],
);

export type LoraAliasKind = "name" | "file" | "autov1" | "sshs" | "sshs-legacy" | "original";

/**
 * What else a LoRA is found by: a `name` that people gave it, what its `file` was called, and hashes that are no
 * beginning of those in its row; `original` is the SHA-256 of a file that was converted.
 */
export const loraAliases = loramill.table(
  "lora_aliases",
  {
    project: project(),
    lora: text("lora")
      .notNull()
      .references(() => loras.id, { onDelete: "cascade" }),
    kind: text("kind").$type<LoraAliasKind>().notNull(),
    value: text("value").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.lora, table.kind, table.value] }),
    index("lora_aliases_by_value").on(table.project, table.value),
    uniqueIndex("lora_aliases_names").on(table.project, table.value).where(where("kind = 'name'")),
  ],
);

/** One of each person: a second rating replaces the first. */
export const loraRatings = loramill.table(
  "lora_ratings",
  {
    project: project(),
    lora: text("lora")
      .notNull()
      .references(() => loras.id, { onDelete: "cascade" }),
    by: text("by").notNull(),
    stars: integer("stars").notNull(),
    comment: text("comment").notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.lora, table.by] })],
);
