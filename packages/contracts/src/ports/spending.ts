import type { CeilingPeriod, CeilingScope } from "../fleet/ceiling.ts";
import type { MicroUsd } from "../money.ts";
import type { RunPolicy } from "../run-spec.ts";

/** One limit of what jobs may spend, with what counts against it now: the budget of a run or of a batch of them, or a ceiling. */
export interface SpendingLimit {
  readonly of:
    | { readonly kind: "budget" }
    | { readonly kind: "batch"; readonly name: string }
    | { readonly kind: "ceiling"; readonly scope: CeilingScope; readonly period: CeilingPeriod };
  readonly limitMicroUsd: MicroUsd;
  readonly spentMicroUsd: MicroUsd;
  /** What open jobs may still spend of what was set aside for them. */
  readonly reservedMicroUsd: MicroUsd;
  /** When it begins anew by itself; null where only a person makes room. */
  readonly reopensAt: Date | null;
}

/** Whether a job may spend what it asked for, and by what its run is bound. */
export interface Allowance {
  /** The limit that has no room for it; null when it was set aside. */
  readonly refusedBy: SpendingLimit | null;
  readonly onBudget: RunPolicy["onBudget"];
  /** When its run is to be done; null where nobody said. */
  readonly deadline: Date | null;
}
