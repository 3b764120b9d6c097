import type { CeilingLimit, QueueBacklog } from "@loramill/catalog";
import type { CeilingPeriod } from "@loramill/contracts";

/** The numbers of a queue: what scalers and dashboards read. */
export interface BacklogGauge {
  readonly queue: string;
  /**
   * `waiting`, `released`, `active`, `parked`; and of the parked, `due`, whose time has come, and `starved`, which no machine
   * could take when they last asked.
   */
  readonly jobs: Readonly<Record<string, number>>;
  readonly oldestWaitSeconds: number;
  readonly lostWorkers: number;
}

export function toGauges(backlog: readonly QueueBacklog[]): BacklogGauge[] {
  return backlog.map(({ queue, oldestWaitSeconds, lostWorkers, ...jobs }) => ({
    ...{ queue, jobs, oldestWaitSeconds, lostWorkers },
  }));
}

/** What may be spent, what is, and whether machines may be rented. */
export interface Spending {
  readonly ceilings: readonly {
    /** `account`, or `project:` and its name. */
    readonly scope: string;
    readonly period: CeilingPeriod;
    readonly limitMicroUsd: number;
    readonly spentMicroUsd: number;
  }[];
  readonly isStopped: boolean;
}

export function toSpending(limits: readonly CeilingLimit[], stopped: string | null): Spending {
  const ceilings = limits.map(({ of: { scope, period }, limitMicroUsd, spentMicroUsd }) => ({
    scope: scope.kind === "account" ? scope.kind : `project:${scope.project}`,
    ...{ period, limitMicroUsd, spentMicroUsd },
  }));
  return { ceilings, isStopped: stopped !== null };
}
