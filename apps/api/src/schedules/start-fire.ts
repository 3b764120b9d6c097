import type { Catalog, ClaimedFire, FireOutcome } from "@loramill/catalog";
import { type Clock, type ErrorRecord, type Logger, PermanentError, toErrorRecord } from "@loramill/contracts";
import { rememberedQuote } from "@loramill/orchestration";
import { runOfFire } from "@loramill/schedules";
import { checkCeilings } from "../check-ceilings.ts";
import type { Planner } from "../planning/planner.ts";
import { checkMonth, withinMonth } from "./monthly-budget.ts";

export interface FireDeps {
  readonly catalog: Pick<Catalog, "fires" | "projects" | "runs">;
  readonly planner: Pick<Planner, "planWithQuote">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told what became of each fire. */
  readonly onFire?: ((outcome: FireOutcome) => void) | undefined;
}

/** A claim is kept while its fire is planned; a process that is gone has lost it after this long. */
const HOLD_MS = 60_000;
/** Claims of a fire, those of processes that died among them, after which what may pass by itself no longer counts as that. */
const CLAIMS = 5;
const FIRST_PAUSE_MS = 10_000;

/** For want of money, which comes back: such fires are refused, and do not count as failures. */
const NO_MONEY: ReadonlySet<string> = new Set(["over-ceiling", "over-monthly-budget"]);

/** Takes one fire whose turn it is and makes its run. False when there was none. */
export async function startFire(deps: FireDeps, signal: AbortSignal): Promise<boolean> {
  const { catalog, clock, onFire } = deps;
  const claim = await catalog.fires.claim({ holdMs: HOLD_MS });
  if (claim === null) return false;
  if ("outcome" in claim) {
    onFire?.(claim);
    return true;
  }
  const lost = new AbortController();
  const keeping = setInterval(() => {
    catalog.fires.hold(claim, { holdMs: HOLD_MS }).then(
      (held) => held || lost.abort(),
      // It may be back before the claim is over; who claims it then is told apart by the epoch.
      (error: unknown) =>
        deps.log.warn({ fire: claim.fire, error: toErrorRecord(error).message }, "a claim was not kept"),
    );
  }, HOLD_MS / 3);
  try {
    const outcome = await makeRun(claim, deps, AbortSignal.any([signal, lost.signal]));
    const lateSeconds = Math.max(0, (clock.now().getTime() - claim.dueAt.getTime()) / 1_000);
    if (outcome !== null) onFire?.({ outcome, lateSeconds });
    return true;
  } finally {
    clearInterval(keeping);
  }
}

type Outcome = FireOutcome["outcome"];

/** Null where nothing is settled: another process has the fire, or it is tried again. */
async function makeRun(claim: ClaimedFire, deps: FireDeps, signal: AbortSignal): Promise<Outcome | null> {
  const { catalog, planner, log } = deps;
  const { fire, schedule } = claim;
  try {
    if (claim.epoch > CLAIMS) throw plannersLost();
    const spec = withinMonth(runOfFire(schedule, claim.fireAt), claim);
    const { lock, charges, quote } = await planner.planWithQuote(spec, signal);
    checkCeilings(quote);
    checkMonth(quote, claim);
    const project = await catalog.projects.ensure(spec.project);
    const remembered = rememberedQuote(quote);
    const run = await catalog.runs.create({ project: project.id, spec, lock, charges, quote: remembered, fire: claim });
    log.info({ fire, run, schedule: schedule.name, project: schedule.project }, "a schedule has started a run");
    return "started";
  } catch (error) {
    return endWithout(claim, toErrorRecord(error), deps, signal);
  }
}

/** What becomes of a fire whose run could not be made. */
async function endWithout(
  claim: ClaimedFire,
  error: ErrorRecord,
  { catalog, clock, log }: FireDeps,
  signal: AbortSignal,
): Promise<Outcome | null> {
  if (error.code === "superseded") return null;
  const { fire, schedule } = claim;
  if (signal.aborted) {
    await catalog.fires.postpone(claim, clock.now(), null);
    return null;
  }
  log.warn({ fire, schedule: schedule.name, code: error.code, error: error.message }, "a fire started no run");
  if (NO_MONEY.has(error.code)) return (await catalog.fires.refuse(claim, error)) ? "refused" : null;
  const pauseMs = nextTry(error, claim.epoch);
  if (pauseMs === null) return (await catalog.fires.fail(claim, error)) ? "failed" : null;
  await catalog.fires.postpone(claim, new Date(clock.now().getTime() + pauseMs), error);
  return null;
}

/** When planning is tried again: longer each time; null where that is of no use. */
function nextTry({ class: kind, retryAfterMs = 0 }: ErrorRecord, claims: number): number | null {
  if (kind === "user" || kind === "permanent" || claims >= CLAIMS) return null;
  return Math.max(FIRST_PAUSE_MS * 3 ** (claims - 1), Math.min(retryAfterMs, 3_600_000));
}

const plannersLost = () =>
  new PermanentError(`${CLAIMS} processes ended while they planned it: look for what ended them (memory?)`, {
    code: "planners-lost",
  });
