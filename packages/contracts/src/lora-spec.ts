import { z } from "zod";
import { LoraFamily } from "./lora-family.ts";
import { ModelId, ModelPath } from "./model-api.ts";
import { Name } from "./name.ts";

const rank = z.int().min(1).max(4096).describe("Rank of the result, at most");
const density = z.number().gt(0).max(1).describe("Share of the elements that is kept");
const between = z.number().min(0).max(1).default(0.5).describe("0 is the first LoRA, 1 the second");

/** How LoRAs become one. All but the `kohya-` and `peft-` ones add the changes themselves, exactly or cut to a rank. */
export const LoraMergeMethod = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("concat") }).describe("The exact weighted sum; ranks add up"),
  z.strictObject({ kind: z.literal("svd"), rank }).describe("The weighted sum, cut to a rank"),
  z.strictObject({ kind: z.literal("lerp"), t: between }).describe("Two LoRAs: the line between them"),
  z.strictObject({ kind: z.literal("slerp"), t: between }).describe("Two LoRAs: the arc between them"),
  z.strictObject({ kind: z.literal("magnitude"), rank, density }).describe("The largest elements of each, summed"),
  z.strictObject({ kind: z.literal("ties"), rank, density }).describe("TIES: those whose sign wins (arXiv 2306.01708)"),
  z
    .strictObject({ kind: z.literal("dare"), rank, density, ties: z.boolean().default(false) })
    .describe("DARE: a random share of each, rescaled (arXiv 2311.03099)"),
  z.strictObject({ kind: z.literal("kohya-sum") }).describe("As kohya's merge_lora: factors are added; equal ranks"),
  z.strictObject({ kind: z.literal("kohya-concat") }).describe("As kohya's merge_lora --concat"),
  z.strictObject({ kind: z.literal("kohya-svd"), rank }).describe("As kohya's svd_merge_lora"),
  z.strictObject({ kind: z.literal("peft-linear") }).describe("As PEFT's linear: factors are added; equal ranks"),
]);
export type LoraMergeMethod = z.output<typeof LoraMergeMethod>;

const maxRank = z.int().min(1).max(4096).default(128).describe("Never more than this");
const share = z.number().gt(0).max(1).describe("Share that is kept, from 0 to 1");

/** How many singular values a resize keeps of each module. */
export const LoraRankRule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed"), rank }),
  z.strictObject({
    kind: z.literal("ratio"),
    ratio: z.number().min(1).max(1e6).describe("Those above the largest divided by this"),
    maxRank,
  }),
  z.strictObject({ kind: z.literal("cumulative"), share, maxRank }).describe("Share of the sum of singular values"),
  z.strictObject({ kind: z.literal("frobenius"), share, maxRank }).describe("Share of the Frobenius norm"),
]);
export type LoraRankRule = z.output<typeof LoraRankRule>;

const Dtype = z.enum(["F32", "F16", "BF16"]);
const dtype = Dtype.optional().describe("Of the result; left out, the widest that came in");

/** What is done with one LoRA or several; the result is a LoRA. */
export const LoraOperation = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("merge"),
    method: LoraMergeMethod.prefault({ kind: "concat" }),
    dtype,
    seed: z.int().min(0).max(4_294_967_295).default(1).describe("Of what is drawn: dare, and sums cut to a rank"),
  }),
  z.strictObject({
    kind: z.literal("resize"),
    rule: LoraRankRule,
    convRule: LoraRankRule.optional().describe("For convolutions larger than 1 × 1; left out, as `rule`"),
    dtype,
  }),
  z.strictObject({
    kind: z.literal("convert"),
    dialect: z.enum(["kohya", "diffusers", "comfyui", "bfl"]).describe("How the result spells its keys"),
    leaveOut: z
      .boolean()
      .default(false)
      .describe("Whether what the dialect cannot say is left out, instead of refused"),
  }),
  z.strictObject({
    kind: z.literal("prune"),
    minNorm: z
      .number()
      .min(0)
      .default(0)
      .describe("Modules whose change has a smaller Frobenius norm go; 0: dead ones"),
  }),
]);
export type LoraOperation = z.output<typeof LoraOperation>;

/** A checkpoint of `/v1/models`, whose bytes are in the object store. */
export const ModelInput = z.strictObject({
  model: ModelId.describe("Id of a base model that was pulled"),
  file: ModelPath.optional().describe("Which of its files; left out, its only .safetensors file"),
});
export type ModelInput = z.output<typeof ModelInput>;

/** The LoRA between a model and what it was tuned to. */
export const LoraExtraction = z.strictObject({
  kind: z.literal("extract"),
  original: ModelInput.describe("The model before"),
  tuned: ModelInput.describe("The model after"),
  rank,
  convRank: rank.optional().describe("For convolutions larger than 1 × 1; left out, as `rank`"),
  dtype: Dtype.default("F16").describe("Of the result"),
});
export type LoraExtraction = z.output<typeof LoraExtraction>;

/** A model with LoRAs in its weights; the result is a checkpoint. */
export const ModelMerge = z.strictObject({
  kind: z.literal("merge-into"),
  model: ModelInput.describe("What the LoRAs are merged into"),
  leaveOut: z
    .boolean()
    .default(false)
    .describe("Whether modules that the model has no weight for are left out, instead of refused"),
});
export type ModelMerge = z.output<typeof ModelMerge>;

const Validation = z.strictObject({
  kind: z.literal("validate"),
  strength: z.number().min(-100).max(100).optional().describe("What it is to be applied with; usual is 0 to 2"),
  family: LoraFamily.optional().describe("What it is to be used with; left out, what it was made for"),
  model: ModelId.optional().describe("A base model that it is to be used with, instead of a family"),
});

/** What is found out about LoRAs by reading all of them; the result is a report. */
export const LoraCheck = z.discriminatedUnion("kind", [
  Validation,
  z.strictObject({ kind: z.literal("compare") }).describe("How alike two LoRAs are"),
]);
export type LoraCheck = z.output<typeof LoraCheck>;

export const LoraInput = z.strictObject({
  lora: z
    .string()
    .min(1)
    .max(256)
    .describe("A LoRA of the library: its name (the newest version), id, or the digest of its document or file"),
  weight: z.number().min(-10).max(10).default(1).describe("What its change is multiplied by"),
  blocks: z
    .string()
    .max(2000)
    .optional()
    .describe("Weights of single blocks: a preset such as INS, or 12, 17, 20, 26 or 58 numbers"),
});
export type LoraInput = z.output<typeof LoraInput>;

export const LoraSpec = z.strictObject({
  name: Name.optional().describe("Name of the result; default: the run's name"),
  from: z
    .array(LoraInput)
    .max(64)
    .default([])
    .describe("What goes in: several for merge and merge-into, two for compare, none for extract, else one"),
  operation: z.discriminatedUnion("kind", [LoraOperation, LoraExtraction, ModelMerge, LoraCheck]),
});
export type LoraSpec = z.output<typeof LoraSpec>;
