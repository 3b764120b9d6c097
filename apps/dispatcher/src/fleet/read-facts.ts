import type { Catalog, CeilingLimit, WantingTraining } from "@loramill/catalog";
import {
  type Clock,
  type FleetDemand,
  type FleetFacts,
  type FleetSupply,
  type MicroUsd,
  type PastTraining,
  type Pod,
  podPrice,
} from "@loramill/contracts";
import { recordsOf } from "@loramill/fleet";
import type { WorkEstimates } from "./estimate-work.ts";
import type { FleetPlanOptions } from "./fleet-config.ts";
import { toDemand } from "./to-demand.ts";

interface FactsParts {
  readonly catalog: Pick<Catalog, "ceilings" | "fleet" | "models">;
  readonly clock: Clock;
  readonly options: Pick<FleetPlanOptions, "providers">;
  readonly estimates: WorkEstimates;
  /** Trainings that have ended, which estimates are corrected by. */
  readonly past: readonly PastTraining[];
}

/** All that a plan of the fleet is made of, as the catalog has it now. */
export async function readFacts({ catalog, clock, options, estimates, past }: FactsParts): Promise<FleetFacts> {
  const { fleet, models } = catalog;
  const [trainings, pods, seen, histories, switches, ceilings, known, projects, returning, volumes] = await Promise.all(
    [
      fleet.wantingTrainings(),
      fleet.pods({ living: true }),
      fleet.offers.list(),
      fleet.records.list(),
      fleet.switches(),
      catalog.ceilings.list(),
      models.list(),
      fleet.projectsOf(),
      fleet.mayReturn(),
      fleet.volumes(clock.now()),
    ],
  );
  const now = clock.now();
  const offers = seen.map(({ offer }) => offer).filter(({ provider }) => options.providers.includes(provider));
  const supply = pods.flatMap((pod) => toSupply(pod, trainings, { projects, returning }) ?? []);
  const gpuTypes = [...new Set([...offers, ...supply.map(({ offer }) => offer)].map(({ gpuType }) => gpuType))];
  const context = { gpuTypes, past, estimates, models: new Map(known.map(({ id, files }) => [id, filesOf(files)])) };
  estimates.keep(new Set(trainings.map(({ step }) => step)));
  return {
    now,
    demand: trainings.flatMap((training) => toDemand(training, context) ?? []),
    supply,
    offers,
    records: recordsOf(histories, now),
    volumes,
    ...roomIn(ceilings),
    stopped: switches.stopped,
  };
}

/** Null for one that has nothing to be rented, and for one that is gone: until its last bill is there it takes no room. */
function toSupply(
  pod: Pod,
  trainings: readonly WantingTraining[],
  {
    projects,
    returning,
  }: { readonly projects: ReadonlyMap<string, FleetSupply["projects"]>; readonly returning: ReadonlySet<string> },
): FleetSupply | null {
  const { name, provider, state, wantedFor, health, createdAt, answeredAt, busyAt } = pod;
  const offer = pod.offer ?? pod.candidates[0];
  if (offer === undefined || pod.endedAt !== null) return null;
  return {
    ...{ name, provider, state, offer, wantedFor, createdAt, answeredAt, busyAt },
    projects: projects.get(name) ?? [],
    mayReturn: returning.has(name),
    priceAtMostMicroUsd: podPrice(pod),
    slots: Math.max(1, health?.slots ?? 1),
    jobs: trainings.filter((training) => training.pod === name).map(({ job }) => job),
    holds: health?.holds ?? [],
  };
}

const filesOf = (
  files: readonly { readonly sha256: string | null; readonly bytes: number | null }[],
): FleetDemand["models"] =>
  files.flatMap(({ sha256, bytes }) => (sha256 === null || bytes === null ? [] : [{ digest: sha256, bytes }]));

/** What the ceilings leave to be rented and spent. */
export function roomIn(
  ceilings: readonly CeilingLimit[],
): Pick<FleetFacts, "perHourMicroUsd" | "perHourByProject" | "remainingMicroUsd" | "remainingByProject"> {
  const perHour = ceilings.filter(({ of }) => of.period === "hour");
  const left = Map.groupBy(
    ceilings.filter(({ of }) => of.period !== "hour"),
    ({ project }) => project,
  );
  const least = (of: readonly CeilingLimit[]): MicroUsd =>
    Math.min(...of.map(({ limitMicroUsd, spentMicroUsd }) => Math.max(0, limitMicroUsd - spentMicroUsd)));
  const ofAccount = left.get(null);
  return {
    perHourMicroUsd: perHour.find(({ project }) => project === null)?.limitMicroUsd ?? null,
    perHourByProject: Object.fromEntries(
      perHour.flatMap(({ project, limitMicroUsd }) => (project === null ? [] : [[project, limitMicroUsd]])),
    ),
    remainingMicroUsd: ofAccount === undefined ? null : least(ofAccount),
    remainingByProject: Object.fromEntries(
      [...left].flatMap(([project, of]) => (project === null ? [] : [[project, least(of)]])),
    ),
  };
}
