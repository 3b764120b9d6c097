import {
  type CatalogRecord,
  type Charge,
  type Claim,
  type ErrorRecord,
  type JobLedger,
  type JsonObject,
  type Logger,
  type MicroUsd,
  type SettleAnswer,
  type Settlement,
  toErrorRecord,
} from "@loramill/contracts";
import { errorText } from "./error-text.ts";
import type { Outcome } from "./outcome.ts";
import { Abandoned, persist } from "./persist.ts";
import type { TurnEventType } from "./turn-event.ts";

/** What the catalog made of an outcome, and what is left for the queue to do. */
export interface Settled {
  readonly event: TurnEventType;
  readonly error: ErrorRecord | null;
  /** What the ledger took of its charges: without those that it had. */
  readonly costMicroUsd: MicroUsd;
  readonly delivery: "finish" | "fail" | { readonly delayUntil: Date };
}

const EVENTS = {
  succeeded: "succeeded",
  parked: "parked",
  retrying: "retried",
  failed: "failed",
  quarantined: "quarantined",
  cancelled: "cancelled",
  recalled: "recalled",
} as const satisfies Record<Settlement["kind"], TurnEventType>;

/**
 * Writes the outcome of a turn, for as long as it takes or until the turn has to let go. An outcome that the catalog
 * refuses for good is written as a failure without its rows, so that the job ends visibly. Throws `Abandoned`.
 */
export async function settleTurn(
  outcome: Outcome,
  turn: {
    readonly claim: Claim;
    readonly startedAt: Date;
    readonly endedAt: Date;
    readonly charges: readonly Charge[];
    readonly records: readonly CatalogRecord[];
  },
  deps: {
    readonly ledger: Pick<JobLedger, "settle">;
    readonly letGo: AbortSignal;
    readonly random: () => number;
    readonly log: Logger;
    readonly about: JsonObject;
  },
): Promise<Settled> {
  const { claim, startedAt, endedAt, charges } = turn;
  const base = { job: claim.job, epoch: claim.epoch, startedAt, endedAt, charges };
  const write = (settlement: Settlement) => persist(() => deps.ledger.settle(settlement), deps);
  if (outcome.kind === "none") {
    // Nothing of it will be taken, but what was spent is written down.
    if (charges.length === 0) return superseded(0);
    return superseded(costOf(await write({ ...base, kind: "recalled", records: [], turn: claim.turn })));
  }
  let written: Exclude<Outcome, { kind: "none" }> = outcome;
  let answer: SettleAnswer;
  try {
    answer = await write({ ...base, records: recordsOf(outcome, turn.records), ...outcome });
  } catch (error) {
    if (error instanceof Abandoned) throw error;
    deps.log.error(
      { ...deps.about, outcome: outcome.kind, error: errorText(error) },
      "the catalog refuses the outcome",
    );
    written = { kind: "failed", error: { ...toErrorRecord(error), code: "outcome-refused" } };
    answer = await write({ ...base, records: [], ...written });
  }
  if (answer.kind === "superseded") return superseded(costOf(answer));
  return {
    event: EVENTS[written.kind],
    error: "error" in written ? written.error : null,
    costMicroUsd: costOf(answer),
    delivery: deliveryAfter(written),
  };
}

const superseded = (costMicroUsd: MicroUsd): Settled => ({
  ...{ event: "superseded", error: null, costMicroUsd, delivery: "finish" },
});

const costOf = ({ taken }: SettleAnswer): MicroUsd =>
  taken.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);

/** A turn that did not get what it wanted still keeps its checkpoints: they were paid for. */
function recordsOf(outcome: Outcome, records: readonly CatalogRecord[]): readonly CatalogRecord[] {
  if (outcome.kind === "succeeded" || outcome.kind === "parked") return records;
  return records.filter((record) => record.kind === "checkpoint");
}

function deliveryAfter(outcome: Exclude<Outcome, { kind: "none" }>): Settled["delivery"] {
  switch (outcome.kind) {
    case "parked":
    case "retrying":
      return { delayUntil: outcome.until };
    case "failed":
    case "quarantined":
      return "fail";
    default:
      return "finish";
  }
}
