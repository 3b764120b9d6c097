import type { Recipe } from "@loramill/contracts";

export interface ReplicateTrainingOptions {
  readonly token: string;
  /** `https://api.replicate.com/v1`. */
  readonly url: string;
  /** `owner/name` of a trainer that gives a LoRA as safetensors. */
  readonly trainer: string;
  /** What that trainer trains, and the base model that it does it on. */
  readonly family: Recipe["family"];
  readonly baseModel: string;
  /** `owner/name` of the model that takes the versions; created when it is not there. */
  readonly destination: string;
  /** What the destination is said to run on, as `GET /hardware` names it. */
  readonly hardware: string;
  readonly usdPerSecond: number;
  readonly maxJobs: number;
  readonly timeoutSeconds: number;
  readonly pollMs: number;
  /** Where Replicate reports the end of a training; null: it is only asked. */
  readonly webhookUrl: string | null;
  /** Larger sets are handed over by an address of the object store. */
  readonly maxUploadBytes: number;
  readonly maxWeightsBytes: number;
}
