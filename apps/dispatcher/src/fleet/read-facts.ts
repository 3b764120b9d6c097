import type { Catalog, CeilingLimit } from "@loramill/catalog";
import type { Clock, FleetDemand, FleetFacts, MicroUsd, PastTraining } from "@loramill/contracts";
import { recordsOf, supplyOf, withTold } from "@loramill/fleet";
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
  const [
    trainings,
    pods,
    seen,
    histories,
    switches,
    ceilings,
    known,
    projects,
    returning,
    volumes,
    told,
    before,
    backlog,
  ] = await Promise.all([
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
    fleet.trainersByImage(),
    fleet.plan(),
    fleet.waitingBehind(),
  ]);
  const now = clock.now();
  const offers = seen
    .map(({ offer }) => withTold(offer, told))
    .filter(({ provider }) => options.providers.includes(provider));
  const idle = new Map(before.decisions.flatMap((one) => (one.kind === "keep" ? [[one.pod, one.idleWithNextMs]] : [])));
  const supply = pods.flatMap((pod) => {
    const idleWithNextMs = idle.get(pod.name);
    const found = supplyOf(pod, {
      projects: projects.get(pod.name) ?? [],
      mayReturn: returning.has(pod.name),
      jobs: trainings.filter((training) => training.pod === pod.name).map(({ job }) => job),
      ...(idleWithNextMs === undefined ? {} : { idleWithNextMs }),
    });
    return found ?? [];
  });
  const gpuTypes = [...new Set([...offers, ...supply.map(({ offer }) => offer)].map(({ gpuType }) => gpuType))];
  const context = { gpuTypes, past, estimates, models: new Map(known.map(({ id, files }) => [id, filesOf(files)])) };
  estimates.keep(new Set(trainings.map(({ step }) => step)));
  return {
    now,
    demand: trainings.flatMap((training) => toDemand(training, context) ?? []),
    backlog,
    supply,
    offers,
    records: recordsOf(histories, now),
    volumes,
    ...roomIn(ceilings),
    stopped: switches.stopped,
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
