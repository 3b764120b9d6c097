import { queueNames } from "@loramill/contracts";

/** How the dispatcher paces work; all times in milliseconds. */
export interface DispatcherOptions {
  /** Jobs that may be open in each queue, by its name; a queue that is left out is not served. */
  readonly windows: Readonly<Record<string, number>>;
  /** Jobs that one project may have open in one queue. */
  readonly projectCap: number;
  readonly ageingMs: number;
  readonly tickMs: number;
  readonly idleTickMs: number;
  /** How often all open runs are looked at, whether or not they asked for it. */
  readonly sweepMs: number;
  readonly reconcileMs: number;
  /** A delivery younger than this is not missed by the reconciler. */
  readonly settleMs: number;
  readonly silentMs: number;
  /** How long a cancelled job with a turn behind it waits for a worker that ends what the turn left elsewhere. */
  readonly cancelGraceMs: number;
  /** A step that cannot be started or finished for this long, for reasons unknown, fails. */
  readonly patienceMs: number;
  /** How often the backlog is told, and how often what is out of date is dropped. */
  readonly gaugeMs: number;
  readonly tidyMs: number;
  /** How often the bills of runs that have ended are held against their quotes. */
  readonly quotesMs: number;
  /** Bills that are no further off, as a share of what was expected, count as quoted. */
  readonly quoteGapShare: number;
  /** How often schedules are looked at, beside what people ask of them. */
  readonly schedulesMs: number;
  /** How long fires of schedules are kept that have ended. */
  readonly keepFiresMs: number;
  /** How often a standby tries to lead, and a leader checks that it still does. */
  readonly leaderCheckMs: number;
}

export const defaultOptions: DispatcherOptions = {
  windows: Object.fromEntries(queueNames.map((queue) => [queue, 500])),
  projectCap: 500,
  ageingMs: 600_000,
  tickMs: 250,
  idleTickMs: 2_000,
  sweepMs: 5_000,
  reconcileMs: 3_000,
  settleMs: 2_000,
  silentMs: 15_000,
  cancelGraceMs: 600_000,
  patienceMs: 60_000,
  gaugeMs: 5_000,
  tidyMs: 60_000,
  quotesMs: 5_000,
  quoteGapShare: 0.05,
  schedulesMs: 1_000,
  keepFiresMs: 365 * 86_400_000,
  leaderCheckMs: 2_000,
};
