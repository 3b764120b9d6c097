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
 * why, and its decisions as rows. In dry run nothing new is rented.
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
    // What is there already is paid for: it is kept and given back as ever.
    const acted = dryRun ? decisions.filter(({ kind }) => kind !== "create") : decisions;
    await carryOut(acted, facts, { fleet: catalog.fleet, namePrefix: options.namePrefix, log, signal });
  };
}

/** Memory of cards that are common, in GiB: what a training needs is told by the smallest on which it fits. */
const VRAM_CLASSES = [16, 24, 32, 48, 80, 141] as const;

const vramClass = (bytes: number): string =>
  String(VRAM_CLASSES.find((gib) => bytes <= gib * 1024 ** 3) ?? `above ${VRAM_CLASSES.at(-1)}`);

/** By the memory that it needs; each as expected of the GPU type that is fastest for it. */
function secondsOf(demand: readonly FleetDemand[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { vramBytes, seconds } of demand) {
    const each = Object.values(seconds).map(({ p50 }) => p50);
    if (each.length === 0) continue;
    const vram = vramClass(vramBytes);
    sums.set(vram, (sums.get(vram) ?? 0) + Math.min(...each));
  }
  return sums;
}
