import type { Settings } from "./settings.ts";

/** A generation that has ended, on a machine like the one that is asked about. */
export interface PastGeneration
  extends Pick<Settings, "steps" | "guidance" | "width" | "height" | "frames" | "precision" | "offload"> {
  /** Name of the profile, as a request's `model`. */
  readonly model: string;
  /** For one picture or clip, without loading the base model. */
  readonly seconds: number;
  /** Peak as the server sampled it; null where it did not. */
  readonly vramBytes: number | null;
}
