import type { JsonObject } from "../digest.ts";
import type { JobId, ProjectId, RunId, StepId } from "../ids.ts";
import type { MicroUsd } from "../money.ts";
import type { CatalogRecord, Charge } from "../records.ts";
import type { RunEventType } from "../run-events.ts";
import type { HoldRequest } from "./job-ledger.ts";
import type { Allowance } from "./spending.ts";

export interface Logger {
  debug(details: JsonObject, message: string): void;
  info(details: JsonObject, message: string): void;
  warn(details: JsonObject, message: string): void;
  error(details: JsonObject, message: string): void;
}

/** What a processor returns instead of an output when it wants to be called again later. Made by `ctx.park`. */
export class Parked {
  readonly afterMs: number;
  readonly turn: JsonObject;
  /** It does not come back by itself: the dispatcher releases it anew. */
  readonly isGivenBack: boolean;

  constructor(afterMs: number, turn: JsonObject, isGivenBack = false) {
    this.afterMs = afterMs;
    this.turn = turn;
    this.isGivenBack = isGivenBack;
  }
}

/** What a processor knows and may say while it works on one turn of one job. */
export interface JobContext {
  readonly run: RunId;
  readonly step: StepId;
  readonly job: JobId;
  readonly project: ProjectId;
  /** Whether the run does the plan of another one again: what others remember is then of no use to it. */
  readonly isReplay: boolean;
  readonly epoch: number;
  /** Attempts spent before this one. */
  readonly attemptsSpent: number;
  /** Aborts on cancel, timeout, drain, or when another worker has taken the job; the reason is an error with a code. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** What the last turn parked with; null on the first turn. */
  readonly turn: JsonObject | null;
  /** Ends this turn; the job comes back after `afterMs` with `turn`, without having spent an attempt. */
  park(afterMs: number, turn: JsonObject): Parked;
  /** Ends this turn; the job waits with `turn` until the dispatcher finds room for it: what to do when `hold` refuses. */
  giveBack(turn: JsonObject): Parked;
  /**
   * Asks for money before it is spent: sets it aside over what the job was charged up to now, in every budget and ceiling
   * that binds it, or in none. What it was refused is what its next release has to have room for, unless it was only tried.
   * With `isAll`, what is set aside beyond it is given back.
   */
  hold(microUsd: MicroUsd, how?: Pick<HoldRequest, "isTentative" | "isAll">): Promise<Allowance>;
  /** Shown live and kept as the job's last progress; cheap, may be called often. */
  progress(progress: JsonObject): void;
  charge(charge: Charge): void;
  /** A row that appears together with this turn's outcome, or not at all. */
  record(record: CatalogRecord): void;
  /** A line for the run's log and event stream. */
  event(type: RunEventType, data: JsonObject): void;
}
