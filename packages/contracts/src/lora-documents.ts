import { z } from "zod";
import { Digest, JsonObject } from "./digest.ts";
import { BlobRef } from "./document-parts.ts";

export const LossPoint = z.object({ step: z.int(), loss: z.number(), averageLoss: z.number() });
export type LossPoint = z.output<typeof LossPoint>;

/** How a LoRA was made that was not trained here. */
export const LoraMaking = z.object({
  /** Such as `merge`; `import` for a file of somebody else's. */
  operation: z.string().max(64),
  settings: JsonObject,
  from: z.array(
    z.object({
      name: z.string(),
      weights: Digest,
      document: Digest.nullable(),
      weight: z.number(),
      blocks: z.string().optional(),
    }),
  ),
});
export type LoraMaking = z.output<typeof LoraMaking>;

/** A picture that the trainer drew on the way, with its place in the recipe's list of prompts. */
export const TrainingSample = z.object({
  step: z.int().min(0),
  index: z.int().min(0),
  /** Null where the list has no such place. */
  prompt: z.string().nullable(),
  image: BlobRef,
});
export type TrainingSample = z.output<typeof TrainingSample>;

/** What one file of a LoRA changes: the whole model, or the expert for `high` or for `low` noise of a model that has two. */
export const LoraRole = z.enum(["both", "high", "low"]);
export type LoraRole = z.output<typeof LoraRole>;

/** One weights file of a LoRA. */
export const LoraFile = z.object({
  role: LoraRole,
  weights: BlobRef,
  /** SHA-256 over the tensor bytes alone (AutoV3): survives edits of the metadata. */
  tensorsSha256: Digest,
});
export type LoraFile = z.output<typeof LoraFile>;

/** A LoRA and how it came to be: by a training, whose fields are null otherwise, or as `made` says. */
export const LoraDocument = z.object({
  format: z.literal("loramill-lora/1"),
  name: z.string(),
  /** The only file, or the first: read both by `loraFiles`. */
  weights: BlobRef,
  /** SHA-256 over the tensor bytes alone (AutoV3): survives edits of the metadata. */
  tensorsSha256: Digest,
  /** Files of single experts, high noise first; left out where one file is for the whole model. */
  files: z.array(LoraFile).min(1).max(2).optional(),
  family: z.string(),
  baseModel: z.string(),
  triggerWord: z.string().nullable(),
  recipe: JsonObject.nullable(),
  dataset: Digest.nullable(),
  images: z.int().nullable(),
  steps: z.int().nullable(),
  finalLoss: z.number().nullable(),
  curve: z.array(LossPoint).max(10_000),
  computeSeconds: z.number(),
  resumedFromSteps: z.array(z.int()),
  deviations: z.array(z.object({ code: z.string(), message: z.string() })),
  backend: z.string(),
  /** By step, then by prompt. */
  samples: z.array(TrainingSample).max(10_000).default([]),
  made: LoraMaking.nullable().default(null),
});
export type LoraDocument = z.output<typeof LoraDocument>;
