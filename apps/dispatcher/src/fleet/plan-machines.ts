import type { FleetDemand, PastTraining } from "@loramill/contracts";
import { planFleet } from "@loramill/fleet";
import type { DispatcherDeps } from "../deps.ts";
import { carryOut } from "./carry-out.ts";
import { createWorkEstimates } from "./estimate-work.ts";
import type { FleetPlanOptions } from "./fleet-config.ts";
import { readFacts } from "./read-facts.ts";

/** Trainings end by the hour, and one more changes a correction little. */
const PAST_MS = 600_000;

/**
 * One look at the fleet, to be repeated: what is wanted and what there is, the plan that follows, kept for whoever asks
 * why, and its decisions as rows. In dry run it is only made and kept.
 */
export function createMachinePlanner(
  { catalog, clock, log, onDemand }: Pick<DispatcherDeps, "catalog" | "clock" | "log" | "onDemand">,
  options: FleetPlanOptions,
): (signal: AbortSignal) => Promise<void> {
  const estimates = createWorkEstimates();
  let past: readonly PastTraining[] = [];
  let pastReadMs = Number.NEGATIVE_INFINITY;

  return async (signal) => {
    const nowMs = clock.now().getTime();
    if (nowMs - pastReadMs >= PAST_MS) {
      past = await catalog.trainings.past();
      pastReadMs = nowMs;
    }
    const facts = await readFacts({ catalog, clock, options, estimates, past });
    onDemand?.(secondsOf(facts.demand));
    const decisions = planFleet(facts, options.settings);
    const { dryRun } = await catalog.fleet.switches();
    if (signal.aborted) return;
    await catalog.fleet.keepPlan(decisions);
    if (dryRun) return;
    await carryOut(decisions, facts, { fleet: catalog.fleet, namePrefix: options.namePrefix, log, signal });
  };
}

/** As expected of the GPU type that is fastest for each. */
function secondsOf(demand: readonly FleetDemand[]): number {
  return demand.reduce((sum, { seconds }) => {
    const each = Object.values(seconds).map(({ p50 }) => p50);
    return each.length === 0 ? sum : sum + Math.min(...each);
  }, 0);
}
