import type { Clock, Stores } from "@loramill/contracts";
import type { MeasureParts } from "./measure-output.ts";

export interface ItemwiseParts extends MeasureParts {
  readonly stores: Stores;
  readonly clock: Clock;
}

export interface ItemwiseOptions {
  /** Items of one job that are under way at once. */
  readonly atOnce: number;
  readonly pollMs: number;
  /** From the request for an item until it is stopped. */
  readonly timeoutMs: number;
}
