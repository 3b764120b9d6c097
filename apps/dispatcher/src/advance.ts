import type { OpenRun } from "@loramill/catalog";
import { type ErrorRecord, type RunId, toErrorRecord } from "@loramill/contracts";
import { advanceRun, type RunDecision } from "@loramill/orchestration";
import { composeOutput } from "./compose.ts";
import type { DispatcherDeps } from "./deps.ts";

/** Runs read by one statement. */
const RUNS_PER_READ = 100;

/** What the last round of releases found out about budgets. */
export interface BlockedRuns {
  has(run: RunId): boolean;
}

/**
 * Applies what follows from the state of these runs. Answers the runs that must be looked at again although nobody will
 * ask for it: their jobs have been told to stop and have not yet, or their output could not be written.
 */
export async function advanceRuns(
  runs: readonly RunId[],
  blocked: BlockedRuns,
  deps: DispatcherDeps,
): Promise<Set<RunId>> {
  const again = new Set<RunId>();
  for (let from = 0; from < runs.length; from += RUNS_PER_READ) {
    for (const run of await deps.catalog.dispatch.openRuns(runs.slice(from, from + RUNS_PER_READ))) {
      const snapshot = { ...run, budget: { ...run.budget, blocked: blocked.has(run.run) } };
      for (const decision of advanceRun(snapshot)) {
        const outcome = await apply(run, decision, deps);
        if (outcome === "applied") continue;
        if (outcome === "again") again.add(run.run);
        // What comes after was decided for a state that did not come about.
        if (decision.target !== "jobs") break;
      }
    }
  }
  return again;
}

async function apply(
  run: OpenRun,
  decision: RunDecision,
  deps: DispatcherDeps,
): Promise<"applied" | "too-late" | "again"> {
  const { dispatch } = deps.catalog;
  const said = (moved: boolean) => (moved ? "applied" : "too-late");
  if (decision.target === "run") {
    return said(await dispatch.moveRun(run.run, decision.event, "error" in decision ? decision.error : null));
  }
  const step = run.steps.find(({ name }) => name === decision.step);
  if (step === undefined) return "too-late";
  const at = { run: run.run, step: step.id };
  if (decision.target === "jobs") {
    const { cancelGraceMs: graceMs } = deps.options;
    const { remaining, ended } = await dispatch.cancelJobs({ step: step.id, graceMs, error: decision.error });
    return remaining > 0 || ended > 0 ? "again" : "applied";
  }
  switch (decision.event) {
    case "unblock":
      return said(await dispatch.unblockStep(at));
    case "fail":
    case "cancel":
      return said(await dispatch.endStep(at, decision.event, decision.error));
    case "succeed":
      return finishStep(at, decision.complete, deps);
  }
}

async function finishStep(
  at: { readonly run: RunId; readonly step: OpenRun["steps"][number]["id"] },
  complete: boolean,
  deps: DispatcherDeps,
): Promise<"applied" | "too-late" | "again"> {
  try {
    const composed = await composeOutput(at.step, deps);
    return (await deps.catalog.dispatch.succeedStep(at, { ...composed, keep: complete })) ? "applied" : "too-late";
  } catch (error) {
    const record: ErrorRecord = toErrorRecord(error);
    deps.log.error({ step: at.step, error: record.message }, "the output of a step could not be composed");
    if (record.class !== "permanent") return "again";
    return (await deps.catalog.dispatch.endStep(at, "fail", record)) ? "applied" : "too-late";
  }
}
