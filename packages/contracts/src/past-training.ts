import type { ModelFamily } from "./recipe-fields.ts";

/** A training that has ended: what was expected of it when it was planned, and what it took. */
export interface PastTraining {
  readonly backend: string;
  readonly family: ModelFamily;
  /** The provider's id of the rented GPU; null for a machine of one's own. */
  readonly gpu: string | null;
  readonly estimatedSeconds: number;
  readonly takenSeconds: number;
}
