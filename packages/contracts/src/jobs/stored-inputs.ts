import { z } from "zod";
import { Digest } from "../digest.ts";
import { LoraInput } from "../lora-spec.ts";
import { ModelId } from "../model-api.ts";
import { ModelFamily } from "../recipe-fields.ts";

/** A LoRA that goes into a job, by its document. */
export const StoredLora = LoraInput.omit({ lora: true }).extend({ document: Digest });
export type StoredLora = z.output<typeof StoredLora>;

/** A file of a base model that goes into a job, by its bytes in the object store. */
export const StoredModel = z.object({
  model: ModelId,
  family: ModelFamily,
  file: z.string(),
  sha256: Digest,
});
export type StoredModel = z.output<typeof StoredModel>;

/** One turn reads whole checkpoints of many gigabytes, and takes them apart on a few cores. */
export const CHECKPOINT_TURN_MS = 6 * 3_600_000;
