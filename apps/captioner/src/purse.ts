import { type Charge, UserError } from "@loramill/contracts";

/** What a job may spend. Money that is being spent counts as spent until its price is known. */
export interface Purse {
  /** Does work that is expected to cost so much. UserError `over-budget` when there is no room for it. */
  spend<T extends { readonly charges: readonly Charge[] }>(
    estimateMicroUsd: number,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Counts what was paid before. */
  count(charges: readonly Charge[]): void;
}

/** Null is no limit. Free work always has room. */
export function createPurse(limitMicroUsd: number | null): Purse {
  let used = 0;
  return {
    async spend(estimate, work) {
      if (estimate > 0 && limitMicroUsd !== null && used + estimate > limitMicroUsd) {
        throw new UserError(
          "what captions may cost is spent: raise caption.budgetUsdPerImage, or name a free captioner such as describe in caption.providers",
          { code: "over-budget" },
        );
      }
      used += estimate;
      try {
        const answer = await work();
        used += costOf(answer.charges);
        return answer;
      } finally {
        used -= estimate;
      }
    },
    count(charges) {
      used += costOf(charges);
    },
  };
}

export function costOf(charges: readonly Charge[]): number {
  return charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
}
