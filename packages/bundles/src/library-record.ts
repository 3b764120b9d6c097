import { DatasetStatistics, Digest, LoraSource, LoraTag, Name, RecipeTemplate, text } from "@loramill/contracts";
import { z } from "zod";

const Time = z.iso.datetime();

/** A LoRA as the library has it, without what its document says. */
export const LoraRecord = z.strictObject({
  document: Digest,
  name: Name,
  family: text(64),
  variant: text(64).nullable(),
  familyFrom: text(64).nullable(),
  dialect: text(64).nullable(),
  rank: z.int().nullable(),
  triggerWords: z.array(text(1000)).max(1000),
  tags: z.array(LoraTag).max(64),
  notes: text(20_000),
  /** A picture among the blobs. */
  cover: Digest.nullable(),
  source: LoraSource,
  origin: text(4096).nullable(),
  /** The step of the bundle's run that made it; null for one that came into the library in another way. */
  step: text(64).nullable(),
  aliases: z
    .array(
      z.strictObject({
        kind: z.enum(["name", "file", "autov1", "sshs", "sshs-legacy", "original"]),
        value: text(4096),
      }),
    )
    .max(200),
  ratings: z
    .array(z.strictObject({ by: text(256), stars: z.int().min(1).max(5), comment: text(20_000), at: Time }))
    .max(10_000),
});
export type LoraRecord = z.output<typeof LoraRecord>;

export const DatasetRecord = z.strictObject({
  name: Name,
  digest: Digest,
  images: z.int().min(0),
  statistics: DatasetStatistics,
  createdAt: Time,
});
export type DatasetRecord = z.output<typeof DatasetRecord>;

export const RecipeRecord = z.strictObject({ name: Name, description: text(2000), recipe: RecipeTemplate });
export type RecipeRecord = z.output<typeof RecipeRecord>;

/** One version of a picture's caption. */
export const CaptionRecord = z.strictObject({
  image: Digest,
  path: text(1024),
  text: text(65_536),
  provider: text(256),
  raw: text(65_536),
  /** The `captions` document that it is part of. */
  document: Digest.nullable(),
  /** The dataset version that a person made with it. */
  dataset: Digest.nullable(),
  at: Time,
});
export type CaptionRecord = z.output<typeof CaptionRecord>;

/** What the library of a project says of the things in a bundle. */
export const LibraryRecord = z.strictObject({
  format: z.literal("loramill-library/1"),
  recipes: z.array(RecipeRecord).max(1000),
  datasets: z.array(DatasetRecord).max(100_000),
  loras: z.array(LoraRecord).max(100_000),
  captions: z.array(CaptionRecord).max(4_000_000),
});
export type LibraryRecord = z.output<typeof LibraryRecord>;
