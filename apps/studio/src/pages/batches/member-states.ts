import type { BatchSummary, MemberState } from "@loramill/contracts";

/** In the order in which members go through them. */
export const memberStates: readonly MemberState[] = [
  ...(["waiting", "planned", "running", "succeeded", "exhausted", "failed", "refused", "cancelled"] as const),
];

/** Members that will not go on by themselves. */
export const endedOf = ({ counts, total }: Pick<BatchSummary, "counts" | "total">): number =>
  total - counts.waiting - counts.planned - counts.running;

/** Members that `resume` takes up, as far as their number tells. */
export const resumableOf = ({ counts }: Pick<BatchSummary, "counts">): number =>
  counts.failed + counts.exhausted + counts.refused + counts.cancelled;
