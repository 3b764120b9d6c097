import type { CeilingLimit, QueueBacklog } from "@loramill/catalog";
import type { CeilingPeriod, QueueName } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

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

/** What has served its time: deliveries that ended (BullMQ forgets them only when others end), and old request keys. */
export async function tidy({ catalog, producer, options }: DispatcherDeps): Promise<void> {
  await catalog.idempotency.sweep();
  await catalog.bulkChanges.sweep();
  for (const queue of Object.keys(options.windows) as QueueName[]) await producer.sweep?.(queue);
}

/** Stops the batches that fail as often as they may. */
export async function stopFailingBatches({ catalog, log }: DispatcherDeps): Promise<void> {
  for (const batch of await catalog.batches.stopFailing())
    log.warn({ batch }, "a batch was stopped: too much of it failed");
}

/** Ended runs whose quotes are settled at once. */
const QUOTES_PER_TURN = 200;

/** Holds what ended runs were billed against what they were quoted: each run's events tell it, and so do the metrics. */
export async function settleQuotes({ catalog, options, log, onQuoteOutcome }: DispatcherDeps): Promise<void> {
  const settled = await catalog.dispatch.settleQuotes(QUOTES_PER_TURN, { gapShare: options.quoteGapShare });
  for (const { run, ...outcome } of settled) {
    onQuoteOutcome?.(outcome);
    if (outcome.verdict === "beyond-p90") log.warn({ run, ...outcome }, "a run was billed more than it was quoted");
  }
}
