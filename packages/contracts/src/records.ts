import { z } from "zod";
import { Caption } from "./caption-documents.ts";
import { PreparedImage } from "./dataset-documents.ts";
import { Digest, JsonObject } from "./digest.ts";
import { Generation } from "./documents.ts";
import { LoraFile } from "./lora-documents.ts";
import { MicroUsd } from "./money.ts";

/** Supplier of what a serverless endpoint of RunPod does. */
export const SERVERLESS = "runpod-serverless";

/** One line of the ledger: what was used, and what it cost. Free work is written down too, at no cost. */
export const Charge = z.object({
  kind: z.enum(["compute", "captioning", "training", "generation", "analysis", "storage", "other"]),
  /** Where the money or time went: `pocket`, `openai:model`, … */
  supplier: z.string().max(128),
  quantity: z.number().min(0),
  unit: z.enum(["cpu-second", "gpu-second", "hour", "image", "token", "request"]),
  amountMicroUsd: MicroUsd,
  note: z.string().max(512).default(""),
  /**
   * Names the payment within its job. A turn that finds the result of a payment of a turn before it charges it again under
   * the same mark, because that turn may have been lost with its charges; the ledger takes each mark once.
   */
  mark: z.string().max(128).optional(),
  /** Name of the rented machine whose bill it is a part of. */
  pod: z.string().max(64).optional(),
});
export type Charge = z.output<typeof Charge>;

/** Rows of the catalog that a job publishes with its outcome, in one transaction, conditional on its epoch. */
export const CatalogRecord = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("images"), images: z.array(PreparedImage).max(64) }),
  z.object({
    kind: z.literal("dataset"),
    digest: Digest,
    name: z.string(),
    images: z.int(),
    statistics: JsonObject,
  }),
  /** `document` holds what the catalog does not: prompts, costs, the voices of an ensemble. */
  z.object({ kind: z.literal("captions"), document: Digest, captions: z.array(Caption).max(64) }),
  z.object({
    kind: z.literal("lora"),
    document: Digest,
    name: z.string(),
    family: z.string(),
    baseModel: z.string(),
    triggerWord: z.string().nullable(),
    weightsSha256: Digest,
    tensorsSha256: Digest,
    /** Of all its files. */
    bytes: z.int(),
    /** Files of single experts, of which the digests above are those of the first. */
    files: z.array(LoraFile).max(2).optional(),
    /** Null for one that was not trained here. */
    dataset: Digest.nullable(),
    rank: z.int().optional(),
  }),
  z.object({
    kind: z.literal("checkpoint"),
    step: z.int(),
    imagesSeen: z.int(),
    paidSeconds: z.number(),
    objectPrefix: z.string(),
    loss: z.number().nullable(),
  }),
  z.object({ kind: z.literal("generations"), generations: z.array(Generation).max(64) }),
]);
export type CatalogRecord = z.output<typeof CatalogRecord>;
