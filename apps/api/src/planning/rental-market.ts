import type { Catalog } from "@loramill/catalog";
import type {
  Clock,
  FleetDecision,
  FleetDemand,
  FleetFacts,
  FleetSupply,
  JobId,
  Pod,
  ProjectId,
  RunId,
} from "@loramill/contracts";
import { type FleetSettings, recordsOf, supplyOf, withTold } from "@loramill/fleet";

/** What a training of a project would meet if it wanted a machine now. */
export interface RentalMarket {
  readonly project: ProjectId;
  /** The machines that there are, with what keeps them; what they have to do is the demand. Sums of money bind nothing here. */
  readonly facts: FleetFacts;
  readonly settings: FleetSettings;
  /** Machines are planned, and none is rented. */
  readonly dryRun: boolean;
  /** What GPU types cost in US dollars while nobody offers any. */
  readonly listUsdPerHour: ReadonlyMap<string, number>;
}

interface MarketParts {
  readonly catalog: Pick<Catalog, "ceilings" | "fleet" | "projects">;
  readonly clock: Clock;
  readonly settings: FleetSettings;
  readonly listUsdPerHour: RentalMarket["listUsdPerHour"];
}

type Keep = Extract<FleetDecision, { readonly kind: "keep" }>;

interface Standing {
  readonly supply: FleetSupply;
  readonly work: FleetDemand | null;
}

/** Reads the market as the catalog has it, and the machines as the last plan of the fleet keeps them. */
export async function readRentalMarket(
  projectName: string,
  { catalog, clock, settings, listUsdPerHour }: MarketParts,
): Promise<RentalMarket> {
  const { fleet, ceilings, projects } = catalog;
  const project = await projects.idOf(projectName);
  const now = clock.now();
  const [seen, histories, pods, plan, switches, limits, projectsOf, volumes, told] = await Promise.all([
    fleet.offers.list(),
    fleet.records.list(),
    fleet.pods({ living: true }),
    fleet.plan(),
    fleet.switches(),
    ceilings.list(project),
    fleet.projectsOf(),
    fleet.volumes(now),
    fleet.trainersByImage(),
  ]);
  const keeps = new Map(plan.decisions.flatMap((one) => (one.kind === "keep" ? [[one.pod, one] as const] : [])));
  const perHour = (of: ProjectId | null) =>
    limits.find(({ project, of: { period } }) => period === "hour" && project === of)?.limitMicroUsd;
  const ofProject = perHour(project);
  const machines = pods.flatMap((pod) => standing(pod, keeps.get(pod.name), projectsOf.get(pod.name) ?? []) ?? []);
  const facts: FleetFacts = {
    now,
    demand: machines.flatMap(({ work }) => work ?? []),
    supply: machines.map(({ supply }) => supply),
    offers: seen.map(({ offer }) => withTold(offer, told)),
    records: recordsOf(histories, now),
    volumes,
    perHourMicroUsd: perHour(null) ?? null,
    perHourByProject: ofProject === undefined ? {} : { [project]: ofProject },
    remainingMicroUsd: null,
    remainingByProject: {},
    stopped: switches.stopped,
  };
  return { project, facts, settings, dryRun: switches.dryRun, listUsdPerHour };
}

/** What there is of a machine, and all that the plan has given it to do as one job that is on it; null for one that is gone. */
function standing(pod: Pod, keep: Keep | undefined, projects: FleetSupply["projects"]): Standing | null {
  const found = supplyOf(pod, { projects, jobs: keep?.jobs ?? [] });
  if (found === null) return null;
  const busy = keep?.freeSeconds;
  return {
    // What a plan gave to all its slots is one job here, which says when the last of them is free.
    supply: { ...found, state: stateFor(pod, keep), slots: 1 },
    work: busy === undefined ? null : workOn(pod.name, { [found.offer.gpuType]: busy }),
  };
}

/** What the plan keeps for work is free when that is done, its boot included. What it does not keep, or not yet, takes no more. */
function stateFor({ state }: Pod, keep: Keep | undefined): Pod["state"] {
  if (keep === undefined || state === "ending") return "ending";
  return keep.freeSeconds === undefined ? state : "ready";
}

const workOn = (pod: string, seconds: FleetDemand["seconds"]): FleetDemand => ({
  ...{ job: `work of ${pod}` as JobId, run: "" as RunId, project: "" as ProjectId, priority: 0, since: new Date(0) },
  ...{ deadline: null, vramBytes: 0, models: [], providers: [], regions: [], maxMicroUsdPerHour: null },
  ...{ remainingMicroUsd: null, checkpointSeconds: 0, preemptions: 0, pod, seconds },
});
