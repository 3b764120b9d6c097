import {
  type Allowance,
  type CatalogRecord,
  type Charge,
  type JobContext,
  type JsonObject,
  type Logger,
  Parked,
  UserError,
} from "@loramill/contracts";

export interface FakeJobContext extends JobContext {
  /** What the processor said in this turn. */
  readonly said: {
    readonly charges: Charge[];
    readonly records: CatalogRecord[];
    readonly events: { readonly type: string; readonly data: JsonObject }[];
    readonly progress: JsonObject[];
  };
  /** Aborts as the queue does when a person cancels the run. */
  cancel(): void;
}

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const UNLIMITED: Allowance = { refusedBy: null, onBudget: "stop", deadline: null };
const ZEROS = "0".repeat(32);

/** A turn's context that keeps what was said through it. Checks that a parked turn survives JSON and is small. */
export function fakeJobContext(
  over: Partial<Pick<JobContext, "turn" | "epoch" | "job" | "attemptsSpent" | "hold">> = {},
): FakeJobContext {
  const abort = new AbortController();
  const said: FakeJobContext["said"] = { charges: [], records: [], events: [], progress: [] };
  return {
    run: `run_${ZEROS}`,
    step: `stp_${ZEROS}`,
    job: over.job ?? `job_${ZEROS}`,
    project: `prj_${ZEROS}`,
    isReplay: false,
    epoch: over.epoch ?? 1,
    attemptsSpent: over.attemptsSpent ?? 0,
    signal: abort.signal,
    log: SILENT,
    turn: over.turn ?? null,
    park: (afterMs, turn) => {
      const text = JSON.stringify(turn);
      if (text.length > 16_384) throw new RangeError(`a turn of ${text.length} bytes would be refused`);
      return new Parked(afterMs, JSON.parse(text) as JsonObject);
    },
    giveBack: (turn) => new Parked(0, turn, true),
    hold: over.hold ?? (async () => UNLIMITED),
    progress: (progress) => void said.progress.push(progress),
    charge: (charge) => void said.charges.push(charge),
    record: (record) => void said.records.push(record),
    event: (type, data) => void said.events.push({ type, data }),
    said,
    cancel: () => abort.abort(new UserError("The run was cancelled", { code: "cancelled" })),
  };
}

/** Runs turn after turn, each in a new context with a higher epoch, until the job answers; collects what was said. */
export async function driveJob<Output>(
  process: (context: FakeJobContext) => Promise<Output | Parked>,
  options: { readonly turns?: number; readonly turn?: JsonObject | null; readonly fromEpoch?: number } = {},
): Promise<{ readonly output: Output; readonly said: FakeJobContext["said"]; readonly turns: number }> {
  const said: FakeJobContext["said"] = { charges: [], records: [], events: [], progress: [] };
  let turn: JsonObject | null = options.turn ?? null;
  const most = options.turns ?? 1_000;
  for (let count = 1; count <= most; count += 1) {
    const context = fakeJobContext({ turn, epoch: (options.fromEpoch ?? 1) + count });
    const answer = await process(context);
    said.charges.push(...context.said.charges);
    said.records.push(...context.said.records);
    said.events.push(...context.said.events);
    said.progress.push(...context.said.progress);
    if (!(answer instanceof Parked)) return { output: answer, said, turns: count };
    turn = answer.turn;
  }
  throw new Error(`the job did not end within ${most} turns`);
}
