import type { FleetDemand, FleetFacts, MicroUsd, ProjectId } from "@loramill/contracts";

/** What may still be rented and spent while one plan is made. Every choice of the plan is taken off it. */
export interface Purse {
  /** By the hour, for one more machine that counts for these projects. */
  perHourLeft(projects: Iterable<ProjectId>): number;
  /** By the hour, for a machine that is to be rented anyway and would count for this project too. */
  perHourLeftOf(project: ProjectId): number;
  /** For one more job: the least of what its run, its project and the account may spend. */
  leftFor(job: FleetDemand): number;
  /** Takes off the price of a machine by the hour. */
  rent(pricePerHourMicroUsd: MicroUsd, projects: Iterable<ProjectId>): void;
  /** A machine that is to be rented anyway counts for one more project. */
  join(pricePerHourMicroUsd: MicroUsd, project: ProjectId): void;
  spend(job: FleetDemand, microUsd: number): void;
  /** What was spent on a job so far. */
  spentOn(job: FleetDemand): number;
}

/** Machines of every state but `ended` count by the hour: one that is being given back still costs. */
export function openPurse(facts: FleetFacts): Purse {
  const { perHourMicroUsd, perHourByProject, remainingMicroUsd, remainingByProject } = facts;
  const limit = (amount: MicroUsd | null | undefined) => amount ?? Number.POSITIVE_INFINITY;
  const perJob = new Map<string, number>();
  const spent = { account: 0, byProject: new Map<string, number>(), byRun: new Map<string, number>() };
  const rented = { account: 0, byProject: new Map<string, number>() };
  const join = (price: number, project: ProjectId) =>
    rented.byProject.set(project, (rented.byProject.get(project) ?? 0) + price);
  const rent = (price: number, projects: Iterable<ProjectId>) => {
    rented.account += price;
    for (const project of projects) join(price, project);
  };
  for (const pod of facts.supply) if (pod.state !== "ended") rent(pod.priceAtMostMicroUsd, pod.projects);
  const perHourLeftOf = (project: ProjectId) => limit(perHourByProject[project]) - (rented.byProject.get(project) ?? 0);
  return {
    ...{ rent, join, perHourLeftOf },
    perHourLeft: (projects) => Math.min(limit(perHourMicroUsd) - rented.account, ...[...projects].map(perHourLeftOf)),
    leftFor: ({ run, project, remainingMicroUsd: ofRun }) =>
      Math.min(
        limit(remainingMicroUsd) - spent.account,
        limit(remainingByProject[project]) - (spent.byProject.get(project) ?? 0),
        limit(ofRun) - (spent.byRun.get(run) ?? 0),
      ),
    spentOn: ({ job }) => perJob.get(job) ?? 0,
    spend({ job, run, project }, microUsd) {
      perJob.set(job, (perJob.get(job) ?? 0) + microUsd);
      spent.account += microUsd;
      spent.byProject.set(project, (spent.byProject.get(project) ?? 0) + microUsd);
      spent.byRun.set(run, (spent.byRun.get(run) ?? 0) + microUsd);
    },
  };
}
