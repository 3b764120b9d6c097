import type { FleetDecision, FleetFacts } from "@loramill/contracts";

/**
 * What one would do without a planner, to compare with: every job in the order of its coming rents a machine of its own, the
 * cheapest by the hour that can do it and is in stock, below the same ceiling, and gives it back when it is done.
 */
export function planCheapestFirst(facts: FleetFacts): FleetDecision[] {
  const { demand, supply, offers, perHourMicroUsd } = facts;
  const claimed = new Set(supply.flatMap(({ wantedFor }) => wantedFor));
  let left =
    (perHourMicroUsd ?? Number.POSITIVE_INFINITY) - supply.reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
  const creates = demand
    .filter(({ job, pod }) => pod === null && !claimed.has(job))
    .toSorted((a, b) => a.since.getTime() - b.since.getTime())
    .flatMap((job): FleetDecision[] => {
      const candidates = offers
        .filter((offer) => offer.available > 0 && job.seconds[offer.gpuType] !== undefined)
        .toSorted((a, b) => a.pricePerHourMicroUsd - b.pricePerHourMicroUsd)
        .slice(0, 8)
        .filter(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd <= left);
      const [best] = candidates;
      if (best === undefined) return [];
      left -= Math.max(...candidates.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
      const expected = { seconds: 0, microUsd: 0 };
      return [{ kind: "create", provider: best.provider, candidates, jobs: [job.job], expected, because: "cheapest" }];
    });
  const open = new Set(demand.map(({ job }) => job));
  return [
    ...creates,
    ...supply.flatMap(({ name, state, wantedFor }): FleetDecision[] => {
      const jobs = wantedFor.filter((job) => open.has(job));
      if (jobs.length > 0) return [{ kind: "keep", pod: name, jobs, because: "has its job" }];
      return state === "ready" ? [{ kind: "drain", pod: name, because: "its job is done" }] : [];
    }),
  ];
}
