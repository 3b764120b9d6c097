import type { Offload, WeightPrecision } from "@loramill/contracts";

/** Everything that decides how long one picture or clip takes, and how much memory. */
export interface Settings {
  readonly steps: number;
  readonly guidance: number;
  readonly width: number;
  readonly height: number;
  /** 1 for a picture. */
  readonly frames: number;
  readonly precision: WeightPrecision;
  readonly offload: Offload;
}
