import type { FleetDemand, FleetFacts, MicroUsd } from "@loramill/contracts";

/** What may still be rented and spent while one plan is made. Every choice of the plan is taken off it. */
export interface Purse {
  /** By the hour, for one more machine. */
  perHourLeft(): number;
  /** For one more job: the least of what its run, its project and the account may spend. */
  leftFor(job: FleetDemand): number;
  /** Takes off the price of a machine by the hour. */
  rent(pricePerHourMicroUsd: MicroUsd): void;
  spend(job: FleetDemand, microUsd: number): void;
}

/** Machines of every state but `ended` count by the hour: one that is being given back still costs. */
export function openPurse(facts: FleetFacts): Purse {
  const { supply, perHourMicroUsd, remainingMicroUsd, remainingByProject } = facts;
  const rented = supply.filter(({ state }) => state !== "ended").reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
  let perHour = (perHourMicroUsd ?? Number.POSITIVE_INFINITY) - rented;
  const spent = { account: 0, byProject: new Map<string, number>(), byRun: new Map<string, number>() };
  const limit = (amount: MicroUsd | null | undefined) => amount ?? Number.POSITIVE_INFINITY;
  return {
    perHourLeft: () => perHour,
    leftFor: ({ run, project, remainingMicroUsd: ofRun }) =>
      Math.min(
        limit(remainingMicroUsd) - spent.account,
        limit(remainingByProject[project]) - (spent.byProject.get(project) ?? 0),
        limit(ofRun) - (spent.byRun.get(run) ?? 0),
      ),
    rent(price) {
      perHour -= price;
    },
    spend({ run, project }, microUsd) {
      spent.account += microUsd;
      spent.byProject.set(project, (spent.byProject.get(project) ?? 0) + microUsd);
      spent.byRun.set(run, (spent.byRun.get(run) ?? 0) + microUsd);
    },
  };
}
