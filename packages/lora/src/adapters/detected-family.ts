import type { LoraFamily } from "@loramill/contracts";

export interface DetectedFamily {
  readonly family: LoraFamily;
  /** Size or generation where it shows: `dev`, `3.5-large`, `14b`, `14b-i2v`, `refiner`. */
  readonly variant: string | null;
  /** What told it, the most reliable first. */
  readonly from: "modelspec.architecture" | "ss_base_model_version" | "keys" | "name";
}

export type ToldFamily = Omit<DetectedFamily, "from">;
