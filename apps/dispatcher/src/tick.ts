import type { RunId, StepId } from "@loramill/contracts";
import { advanceRuns } from "./advance.ts";
import type { DispatcherDeps } from "./deps.ts";
import { createPatience } from "./patience.ts";
import { promoteSteps } from "./promote.ts";
import { createReleaser } from "./release.ts";

/** Runs taken per look; the rest asks again. */
const RUNS_PER_LOOK = 500;

export interface TickOutcome {
  /** Something moved: look again at once, more may follow from it. */
  readonly moved: boolean;
  /** Nothing is open and nothing waits. */
  readonly idle: boolean;
}

/** One look at everything that may be due: runs that changed, steps that are ready, places in the queues. */
export function createTick(deps: DispatcherDeps): (request: { all: boolean }) => Promise<TickOutcome> {
  const releaser = createReleaser(deps);
  const patience = createPatience<StepId>({
    limitMs: deps.options.patienceMs,
    now: () => deps.clock.now().getTime(),
  });
  let again: ReadonlySet<RunId> = new Set();

  return async ({ all }) => {
    if (all) await deps.catalog.dispatch.announce(deps.options);
    const taken = await deps.catalog.dispatch.takeRuns({ all, limit: RUNS_PER_LOOK });
    const due = [...new Set([...taken, ...again, ...releaser.blockedRuns.keys()])];
    again = await advanceRuns(due, releaser.blockedRuns, deps, patience);
    const promoted = await promoteSteps(deps, patience);
    const { open } = await releaser.release();
    return {
      moved: promoted || taken.length === RUNS_PER_LOOK,
      idle: open === 0 && again.size === 0 && !promoted && taken.length === 0,
    };
  };
}
