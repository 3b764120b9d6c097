import type { OpenRun } from "@loramill/catalog";
import { type RunId, type SpendingLimit, type StepId, toErrorRecord } from "@loramill/contracts";
import { advanceRun, type RunDecision } from "@loramill/orchestration";
import { composeOutput } from "./compose.ts";
import type { DispatcherDeps } from "./deps.ts";
import type { Patience } from "./patience.ts";

/** Runs read by one statement. */
const RUNS_PER_READ = 100;

/** `again`: the run must be looked at again although nobody will ask for it. */
type Applied = "applied" | "too-late" | "again";
type StepRef = { readonly run: RunId; readonly step: StepId };

/**
 * Applies what follows from the state of these runs. Answers the runs that must be looked at again although nobody will
 * ask for it: their jobs were told to stop and have not yet, or something was away.
 */
export async function advanceRuns(
  runs: readonly RunId[],
  blocked: ReadonlyMap<RunId, SpendingLimit | null>,
  deps: DispatcherDeps,
  patience: Patience<StepId>,
): Promise<Set<RunId>> {
  const again = new Set<RunId>();
  for (let from = 0; from < runs.length; from += RUNS_PER_READ) {
    for (const run of await deps.catalog.dispatch.openRuns(runs.slice(from, from + RUNS_PER_READ))) {
      try {
        if (await advanceOne(run, blocked.get(run.run), deps, patience)) again.add(run.run);
      } catch (error) {
        // One run must not hold up the others.
        deps.log.error({ run: run.run, error: toErrorRecord(error).message }, "a run could not be moved on");
        again.add(run.run);
      }
    }
  }
  return again;
}

async function advanceOne(
  run: OpenRun,
  blockedBy: SpendingLimit | null | undefined,
  deps: DispatcherDeps,
  patience: Patience<StepId>,
): Promise<boolean> {
  let again = false;
  const blocked = { blocked: blockedBy !== undefined, ...(blockedBy ? { blockedBy } : {}) };
  for (const decision of advanceRun({ ...run, budget: { ...run.budget, ...blocked } })) {
    const outcome = await apply(run, decision, deps, patience);
    again ||= outcome === "again";
    // What comes after was decided for a state that did not come about.
    if (outcome !== "applied" && decision.target !== "jobs") break;
  }
  return again;
}

async function apply(
  run: OpenRun,
  decision: RunDecision,
  deps: DispatcherDeps,
  patience: Patience<StepId>,
): Promise<Applied> {
  const { dispatch } = deps.catalog;
  const said = (moved: boolean): Applied => (moved ? "applied" : "too-late");
  if (decision.target === "run") {
    const moved = await dispatch.moveRun(run.run, decision.event, "error" in decision ? decision.error : null);
    if (moved) deps.onRunEvent?.(`run.${decision.event}`);
    return said(moved);
  }
  const step = run.steps.find(({ name }) => name === decision.step);
  if (step === undefined) return "too-late";
  const at = { run: run.run, step: step.id };
  if (decision.target === "jobs") {
    const { cancelGraceMs: graceMs } = deps.options;
    const { ended, unheard, remaining } = await dispatch.cancelJobs({ step: step.id, graceMs, error: decision.error });
    if (unheard > 0)
      deps.log.warn({ ...at, jobs: unheard }, "no worker came to end what cancelled jobs left elsewhere");
    return ended + remaining > 0 ? "again" : "applied";
  }
  switch (decision.event) {
    case "unblock":
      return said(await dispatch.unblockStep(at));
    case "fail":
    case "cancel":
      return said(await dispatch.endStep(at, decision.event, decision.error));
    case "succeed":
      return finishStep(at, decision.complete, deps, patience);
  }
}

async function finishStep(
  at: StepRef,
  complete: boolean,
  deps: DispatcherDeps,
  patience: Patience<StepId>,
): Promise<Applied> {
  const { dispatch } = deps.catalog;
  try {
    const { isWhole, ...composed } = await composeOutput(at.step, deps);
    const moved = await dispatch.succeedStep(at, { ...composed, keep: complete && isWhole });
    patience.worked(at.step);
    return moved ? "applied" : "too-late";
  } catch (error) {
    const record = toErrorRecord(error);
    const about = { ...at, error: record.message };
    const final = record.class === "permanent" || record.class === "user";
    if (!final && (record.class === "transient" || !patience.failed(at.step))) {
      deps.log.warn(about, "the output of a step could not be written; trying again");
      return "again";
    }
    deps.log.error(about, "the output of a step cannot be written");
    await dispatch.endStep(at, "fail", record);
    return "again"; // What was decided to follow was for a step that succeeds.
  }
}
