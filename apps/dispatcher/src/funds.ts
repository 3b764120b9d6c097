import type { Candidate, ReleaseBounds } from "@loramill/catalog";
import type { SpendingLimit } from "@loramill/contracts";
import { leastOf, type ReleaseCeiling, type RunBudget, roomOf } from "@loramill/orchestration";

type Job = Pick<Candidate, "run" | "batch" | "project" | "estimateMicroUsd" | "leastMicroUsd">;

/** What is left of budgets and ceilings during one round of releases, which goes from queue to queue. */
export interface Funds {
  readonly budgets: Readonly<Record<string, RunBudget>>;
  readonly ceilings: Readonly<Record<string, ReleaseCeiling>>;
  /** Keys of the ceilings that bind a job, and of the budget of its batch. */
  keysOf(job: Pick<Job, "batch" | "project">): readonly string[];
  limitOf(key: string): SpendingLimit | null;
  haveRoomFor(job: Job): boolean;
  take(job: Pick<Job, "run" | "batch" | "project">, microUsd: number): void;
}

export function fundsOf(bounds: ReleaseBounds): Funds {
  const budgets: Record<string, RunBudget> = {};
  for (const [run, limit] of Object.entries(bounds.budgets)) budgets[run] = fundOf(limit);
  const ceilings: Record<string, ReleaseCeiling> = {};
  const limits = new Map<string, SpendingLimit & { readonly project?: string | null }>([
    ...bounds.batches.map((limit) => [limit.batch, limit] as const),
    ...bounds.ceilings.map((limit) => [`${limit.project ?? ""}/${limit.of.period}`, limit] as const),
  ]);
  for (const [key, limit] of limits) ceilings[key] = { ...fundOf(limit), isRenewed: limit.reopensAt !== null };
  const keysOf = ({ batch, project }: Pick<Job, "batch" | "project">) =>
    [...limits].flatMap(([key, limit]) =>
      limit.project === null || limit.project === project || key === batch ? [key] : [],
    );
  const all = (job: Pick<Job, "run" | "batch" | "project">): (RunBudget | undefined)[] => [
    budgets[job.run],
    ...keysOf(job).map((key) => ceilings[key]),
  ];
  return {
    budgets,
    ceilings,
    keysOf,
    limitOf: (key) => limits.get(key) ?? null,
    haveRoomFor: (job) =>
      all(job).every((fund) => fund === undefined || leastOf(job) <= Math.max(0, fund.remainingMicroUsd)),
    take(job, microUsd) {
      const taken = <F extends RunBudget>(fund: F): F => ({
        ...fund,
        remainingMicroUsd: fund.remainingMicroUsd - microUsd,
        reservedMicroUsd: fund.reservedMicroUsd + microUsd,
      });
      const budget = budgets[job.run];
      if (budget !== undefined) budgets[job.run] = taken(budget);
      for (const key of keysOf(job)) {
        const ceiling = ceilings[key];
        if (ceiling !== undefined) ceilings[key] = taken(ceiling);
      }
    },
  };
}

const fundOf = (limit: SpendingLimit): RunBudget => ({
  remainingMicroUsd: roomOf(limit),
  reservedMicroUsd: limit.reservedMicroUsd,
});
