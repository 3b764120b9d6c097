import type { FleetDemand, FleetFacts } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";

/**
 * Only so many trainings are let go at once; with the same deadline stand those behind them, which are not demand yet. Where they are n
 * times as many, the demand has to be done in 1 ÷ (n + 1) of the time that is left, so that the rest is in time too: machines are planned
 * as if that were its deadline, and no fewer than all the work takes. Never sooner than a slow boot and twice the work: what cannot be done
 * in time anyway is not made dearer.
 */
export function pressDeadlines(
  { now, demand, backlog = [] }: Pick<FleetFacts, "now" | "demand" | "backlog">,
  { bootSeconds }: FleetSettings,
): readonly FleetDemand[] {
  if (backlog.length === 0) return demand;
  const behind = new Map(backlog.map(({ project, deadline, trainings }) => [keyOf(project, deadline), trainings]));
  const shown = Map.groupBy(demand, ({ project, deadline }) => keyOf(project, deadline));
  return demand.map((job) => {
    const { project, deadline, seconds } = job;
    const waiting = behind.get(keyOf(project, deadline)) ?? 0;
    const leftMs = deadline === null ? 0 : deadline.getTime() - now.getTime();
    if (deadline === null || waiting === 0 || leftMs <= 0) return job;
    const count = shown.get(keyOf(project, deadline))?.length ?? 1;
    const slowest = Math.max(0, ...Object.values(seconds).map(({ p90 }) => p90));
    const leastMs = Math.min(leftMs, (bootSeconds.p90 + 2 * slowest) * 1_000);
    const pressedMs = Math.max(leastMs, (leftMs * count) / (count + waiting));
    return { ...job, deadline: new Date(now.getTime() + pressedMs) };
  });
}

const keyOf = (project: string, deadline: Date | null): string => `${project} ${deadline?.getTime() ?? ""}`;
