import { type Charge, type JobContext, type SpendingLimit, UserError } from "@loramill/contracts";

/** A budget or ceiling of the job's run has no room for the next picture: what is left of the job waits for it. */
export class NoRoom extends Error {
  readonly limit: SpendingLimit;

  constructor(limit: SpendingLimit) {
    super("there is no room for the next picture");
    this.limit = limit;
  }
}

/** What a job may spend. Money that is being spent counts as spent until its price is known. */
export interface Purse {
  /** Does work that is expected to cost so much. UserError `over-budget` when there is no room for it, or `NoRoom`. */
  spend<T extends { readonly charges: readonly Charge[] }>(
    estimateMicroUsd: number,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Counts what was paid before. */
  count(charges: readonly Charge[]): void;
  /** What was answered has been charged. */
  charged(charges: readonly Charge[]): void;
}

/** Null is no limit. Free work always has room. `hold` asks for money over what was charged. */
export function createPurse(limitMicroUsd: number | null, hold: JobContext["hold"]): Purse {
  let used = 0;
  /** Being asked for, or answered and not charged yet. */
  let due = 0;
  let dearest = 0;
  return {
    async spend(estimate, work) {
      if (estimate > 0 && limitMicroUsd !== null && used + estimate > limitMicroUsd) {
        throw new UserError(
          "what captions may cost is spent: raise caption.budgetUsdPerImage, or name a free captioner such as describe in caption.providers",
          { code: "over-budget" },
        );
      }
      const expected = estimate > 0 ? Math.max(estimate, dearest) : 0;
      used += estimate;
      due += expected;
      try {
        const refusedBy = expected > 0 ? (await hold(Math.ceil(due))).refusedBy : null;
        if (refusedBy !== null) throw new NoRoom(refusedBy);
        const answer = await work();
        const cost = costOf(answer.charges);
        used += cost;
        due += cost;
        dearest = Math.max(dearest, cost);
        return answer;
      } finally {
        used -= estimate;
        due -= expected;
      }
    },
    count(charges) {
      used += costOf(charges);
    },
    charged(charges) {
      due = Math.max(0, due - costOf(charges));
    },
  };
}

export function costOf(charges: readonly Charge[]): number {
  return charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
}
