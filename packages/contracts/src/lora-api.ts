import { z } from "zod";
import { PageQuery, page } from "./api.ts";
import { Digest, JsonObject } from "./digest.ts";
import { LoraMaking, LoraRole } from "./lora-documents.ts";
import { Name } from "./name.ts";
import { text } from "./text.ts";

const Time = z.iso.datetime();

/** How a LoRA came into the library: by a training, as somebody else's file, or out of other LoRAs. */
export const LoraSource = z.enum(["trained", "imported", "made"]);
export type LoraSource = z.output<typeof LoraSource>;

/** A word that sorts LoRAs; lower-case, and without commas, which part tags in queries and metadata. */
export const LoraTag = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[^,\p{C}]{1,64}$/u, "1 to 64 characters, no comma");
const Tags = z.array(LoraTag).max(64);
const TriggerWords = z.array(text(200).trim().min(1)).max(32);
const Notes = text(20_000);
const Project = Name.optional().describe("For callers of all projects; default: the project called default");

/** How tools know a file. `autoV1`, `sshs` and `sshsLegacy` are known of imported files only. */
export const LoraHashes = z.object({
  sha256: Digest,
  tensorsSha256: Digest,
  autoV1: z.string().nullable(),
  autoV2: z.string(),
  autoV3: z.string(),
  sshs: z.string().nullable(),
  sshsLegacy: z.string().nullable(),
});
export type LoraHashes = z.output<typeof LoraHashes>;

/** One weights file of a LoRA. */
export const LoraWeights = z.object({
  role: LoraRole.describe("What it changes: both, the whole model; or the expert for high or for low noise"),
  bytes: z.int(),
  sha256: Digest,
  tensorsSha256: Digest,
});
export type LoraWeights = z.output<typeof LoraWeights>;

/** One version of a LoRA, as lists show it. */
export const LoraSummary = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int(),
  family: z.string().describe("Such as sdxl; `unknown` where nothing tells"),
  variant: z.string().nullable().describe("Size or generation of the family, where it shows"),
  familyFrom: z
    .string()
    .nullable()
    .describe("What told the family: recipe, a metadata key, keys (the names of its tensors), given"),
  dialect: z.string().nullable().describe("How its keys are spelt: kohya, diffusers, comfyui, bfl, xlabs"),
  rank: z.int().nullable().describe("Of most of its modules"),
  baseModel: z.string(),
  triggerWords: z.array(z.string()),
  tags: z.array(z.string()),
  bytes: z.int().describe("Of all its files"),
  sha256: Digest.describe("Of its only file, or of the first"),
  weights: z.array(LoraWeights).describe("One file, or one for each expert that it changes, high noise first"),
  document: Digest,
  source: LoraSource,
  origin: z.string().nullable().describe("File name or address an imported one came from"),
  run: z.string().nullable(),
  rating: z.object({ average: z.number(), count: z.int() }).nullable().describe("Stars, 1 to 5; null before the first"),
  coverUrl: z.string().nullable().describe("Signed and short-lived"),
  createdAt: Time,
  deletedAt: Time.nullable(),
});
export type LoraSummary = z.output<typeof LoraSummary>;
export const LoraPage = page(LoraSummary);

export const LoraRating = z.object({ stars: z.int(), comment: z.string(), by: z.string(), at: Time });
export type LoraRating = z.output<typeof LoraRating>;

export const LoraView = LoraSummary.extend({
  project: z.string(),
  notes: z.string(),
  hashes: LoraHashes,
  aliases: z.array(z.string()).describe("Other names it is found by"),
  files: z.array(z.string()).describe("What its file was called where it came from"),
  ratings: z.array(LoraRating).describe("Newest first"),
  versions: z
    .array(z.object({ id: z.string(), version: z.int(), createdAt: Time }))
    .describe("Of this name, newest first"),
});
export type LoraView = z.output<typeof LoraView>;

export const LoraQuery = PageQuery.extend({
  project: Project,
  q: z
    .string()
    .max(200)
    .optional()
    .describe("Words that its name, trigger words, tags, aliases, base model or notes hold"),
  name: text(100).optional().describe("Versions of this name only"),
  family: text(64).optional(),
  tags: text(1000).optional().describe("It has all of these, parted by commas"),
  minRating: z.coerce.number().min(1).max(5).optional().describe("Average stars, at least"),
  source: LoraSource.optional(),
  deleted: z.stringbool().default(false).describe("Those that were deleted and can be restored, instead of the others"),
});
export type LoraQueryInput = z.input<typeof LoraQuery>;

export const LoraProjectQuery = z.object({ project: Project });

/** The fields beside the `file` (and a `cover`) of an import; lists are parted by commas. */
export const LoraImportFields = z.strictObject({
  project: Name.default("default"),
  name: Name.optional().describe("Default: what the file calls itself, else the file's name"),
  tags: z.string().max(4000).optional().transform(commaList).pipe(Tags),
  triggerWords: z.string().max(4000).optional().transform(commaList).pipe(TriggerWords),
  family: text(64).min(1).optional().describe("Where the file does not tell"),
  origin: text(2000).min(1).optional().describe("Address it came from; default: the file's name"),
  notes: Notes.default(""),
});
export type LoraImportFields = z.output<typeof LoraImportFields>;
export type LoraImportInput = z.input<typeof LoraImportFields>;

function commaList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export const LoraImported = z.object({
  lora: LoraView,
  isNew: z.boolean().describe("False where these bytes were in the library already"),
  warnings: z.array(z.string()).describe("What a person should look at"),
});
export type LoraImported = z.output<typeof LoraImported>;

/** What is to be different; what is left out stays. */
export const LoraChange = z.strictObject({
  addTags: Tags.default([]),
  removeTags: Tags.default([]),
  triggerWords: TriggerWords.optional().describe("Instead of those it has"),
  addAliases: z.array(Name).max(32).default([]).describe("Names of its own in the project"),
  removeAliases: z.array(Name).max(32).default([]),
  notes: Notes.optional(),
  family: text(64).min(1).optional().describe("Where the file told nothing or the wrong one"),
  cover: z.null().optional().describe("null takes the picture away; PUT …/cover sets one"),
});
export type LoraChange = z.output<typeof LoraChange>;
export type LoraChangeInput = z.input<typeof LoraChange>;

export const LoraRatingRequest = z.strictObject({
  stars: z.int().min(1).max(5),
  comment: text(2000).default(""),
  by: text(100).min(1).optional().describe("Who rates; a second rating replaces the first. Default: the API key"),
});
export type LoraRatingInput = z.input<typeof LoraRatingRequest>;

/** Which of these files the library holds. */
export const KnownLorasRequest = z.strictObject({ sha256: z.array(Digest).max(1000), project: Project });
export const KnownLoras = z.object({
  items: z.array(z.object({ sha256: Digest, id: z.string(), name: z.string(), version: z.int() })),
});

const LoraFileDownload = z.object({
  name: z.string().describe("For the file"),
  bytes: z.int(),
  sha256: Digest,
  url: z.string().describe("Signed and short-lived; relative to the API unless the store serves it"),
});
export const LoraDownload = LoraFileDownload.extend({
  files: z
    .array(LoraFileDownload.extend({ role: LoraRole }))
    .describe("All of its files; the fields beside are the first's"),
});
export type LoraDownload = z.output<typeof LoraDownload>;

/** As other answers name a LoRA. */
export const LoraLink = z.object({ id: z.string(), name: z.string(), version: z.int(), document: Digest });

/** Where a LoRA comes from and what came of it. */
export const LoraLineage = z.object({
  lora: LoraLink,
  weights: z.array(LoraWeights).describe("Its files"),
  source: LoraSource,
  training: z
    .object({
      run: z.string(),
      backend: z.string(),
      dataset: z.object({ digest: Digest, name: z.string().nullable(), version: z.int().nullable() }).nullable(),
      captions: Digest.nullable().describe("Output of the run's caption step"),
      recipe: JsonObject,
      images: z.int().nullable(),
      steps: z.int().nullable(),
      finalLoss: z.number().nullable(),
      computeSeconds: z.number(),
      deviations: z.array(z.object({ code: z.string(), message: z.string() })),
    })
    .nullable()
    .describe("Null for one that was not trained here"),
  made: LoraMaking.nullable().describe("How it was made that was not trained; of an import, what its file told"),
  from: z.array(LoraLink).describe("The LoRAs of the library that it was made of"),
  became: z.array(LoraLink).describe("The LoRAs of the library that were made of it"),
  generations: z.object({ count: z.int(), runs: z.array(z.object({ run: z.string(), count: z.int() })) }),
});
export type LoraLineage = z.output<typeof LoraLineage>;
