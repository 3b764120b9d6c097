import { z } from "zod";
import { Digest } from "./digest.ts";
import { ModelFamily } from "./recipe-fields.ts";

/** Of a base model, as recipes name it: `owner/name`, or any name without spaces. */
export const ModelId = z
  .string()
  .regex(/^[\w.-]+(\/[\w.-]+)?$/, "a name, or owner/name")
  .max(200);

/** A path inside a model, with forward slashes and without `..`. */
export const ModelPath = z
  .string()
  .max(512)
  .regex(/^(?!.*(^|\/)\.\.?(\/|$))[\w .()+-]+(\/[\w .()+-]+)*$/, "a relative path with forward slashes");

export const ModelSource = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hub"),
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "owner/name"),
    revision: z
      .string()
      .regex(/^[\w./-]{1,128}$/)
      .default("main")
      .describe("Branch, tag or commit"),
  }),
  z.strictObject({ type: z.literal("path"), folder: z.string().min(1).max(1024).describe("Of the API's machine") }),
  z.strictObject({ type: z.literal("url"), base: z.url().describe("What the files' paths are put behind") }),
]);
export type ModelSource = z.output<typeof ModelSource>;

export const ModelFile = z.object({
  path: ModelPath,
  /** What it must be, or what it was found to be. */
  sha256: Digest.nullable(),
  bytes: z.int().min(0).nullable(),
});
export type ModelFile = z.output<typeof ModelFile>;

export const ModelLicence = z.object({ name: z.string().max(200), page: z.string().max(500), gated: z.boolean() });
export type ModelLicence = z.output<typeof ModelLicence>;

/** What is written down of a base model before its files are fetched. */
export const ModelBody = z.strictObject({
  family: ModelFamily,
  source: ModelSource,
  files: z
    .array(z.strictObject({ path: ModelPath, sha256: Digest.optional() }))
    .min(1)
    .max(200),
  licence: ModelLicence.optional().describe("Default: that of the family's own base model where it is that one"),
});
export type ModelBodyInput = z.input<typeof ModelBody>;

export const ModelPull = z.object({
  state: z.enum(["running", "succeeded", "failed"]),
  /** The file that is fetched now, and how far it is. */
  path: z.string(),
  done: z.int(),
  total: z.int().nullable(),
  /** Why it failed, and what to do. */
  error: z.string().nullable(),
});
export type ModelPull = z.output<typeof ModelPull>;

export const ModelView = z.object({
  id: ModelId,
  family: ModelFamily,
  source: ModelSource,
  licence: ModelLicence.nullable(),
  files: z.array(ModelFile.extend({ stored: z.boolean().describe("Whether its bytes are in the object store") })),
  vramBytes: z.number().describe("Memory of a usual training of the family, by the model in docs/training.md"),
  pull: ModelPull.nullable().describe("The pull under way, or the last one, of whichever API is at it"),
});
export type ModelView = z.output<typeof ModelView>;
export const ModelList = z.object({ items: z.array(ModelView) });

export const ModelVerification = z.object({
  id: ModelId,
  files: z.array(z.object({ path: z.string(), verdict: z.enum(["right", "damaged", "missing"]) })),
});
export type ModelVerification = z.output<typeof ModelVerification>;

/** How far a verification is, as its stream tells; `total` is null while nobody has read the file. */
export const ModelVerifyProgress = z.object({ path: z.string(), done: z.int(), total: z.int().nullable() });
export type ModelVerifyProgress = z.output<typeof ModelVerifyProgress>;
