import {
  digestOf,
  type FleetDemand,
  type FleetOffer,
  type JobId,
  type KnownModel,
  type PastTraining,
  Placement,
  type PlanLock,
  type PlannedStep,
  Recipe,
  type RunId,
} from "@loramill/contracts";
import { type FleetQuote, planFleet, quoteFleet, sayOffer } from "@loramill/fleet";
import type { RentalAnswer, TrainingChoice } from "@loramill/orchestration";
import { calibrate, calibrationOf, estimateOn, findGpu, gpus, machineDemand } from "@loramill/recipes";
import { seededRandom } from "../choosing/seeded-random.ts";
import type { RentalMarket } from "./rental-market.ts";

export interface RentalContext {
  readonly market: RentalMarket;
  readonly trainingBackends: readonly Pick<TrainingChoice, "name" | "capabilities">[];
  /** Base models with their files, which machines download. */
  readonly models: readonly KnownModel[];
  /** Trainings that have ended, which estimates are corrected by. */
  readonly past: readonly PastTraining[];
}

/** A training that has to rent its machine. */
interface RentedWork {
  readonly recipe: Recipe;
  readonly placement: Placement | undefined;
  readonly images: number;
  /** Who it may be rented from. */
  readonly providers: readonly string[];
}

interface Asked {
  readonly quote: FleetQuote;
  readonly demand: FleetDemand;
  /** Why nothing that was offered can do it; null where something can. */
  readonly because: string | null;
}

/** Of a training that nobody has asked for yet. */
const ASKED = { job: "asked" as JobId, run: "asked" as RunId };
/** As cards' memory is told. */
const BYTES_PER_GB = 1024 ** 3;

/**
 * Prices the trainings of a plan that have to rent their machine: by the machines and offers of now, else by list prices. The
 * same for the same training and market. Budgets and ceilings change no price; what would make it wait now is noted.
 */
export function rentalQuotes(
  lock: PlanLock,
  context: RentalContext,
): (step: PlannedStep, images: number) => RentalAnswer | null {
  return (step, images) => {
    const work = rentedWork(step, images, context.trainingBackends);
    if (work === null) return null;
    const answer = priceWork(work, lock, context);
    return { ...answer, notes: answer.notes.map((note) => `${step.name}: ${note}`) };
  };
}

/** Null for what runs on a machine of one's own, or may. */
function rentedWork(
  { params }: PlannedStep,
  images: number,
  trainingBackends: RentalContext["trainingBackends"],
): RentedWork | null {
  // Others that rent their machines have prices of their own.
  const agent = trainingBackends.find(({ name }) => name === params.backend && name === "agent");
  const recipe = Recipe.safeParse(params.recipe);
  const placement = Placement.safeParse(params.placement).data;
  const { local, cloud } = agent?.capabilities.placement ?? { local: null, cloud: null };
  const isRented = placement === undefined ? local === null : placement.mode === "cloud";
  if (!recipe.success || cloud === null || !isRented) return null;
  return { recipe: recipe.data, placement, images, providers: cloud.providers };
}

function priceWork(work: RentedWork, lock: PlanLock, context: RentalContext): RentalAnswer {
  const offers = context.market.facts.offers.filter(({ provider }) => work.providers.includes(provider));
  const now = askFleet(work, offers, { lock, context });
  if (now.because === null) {
    return {
      price: priceOf(now.quote),
      notes: [`on ${placeIn(now.quote)}`, ...hindrances(now.demand, offers, context)],
    };
  }
  const why =
    offers.length === 0
      ? "no offers are known yet: the provisioner has not asked for any"
      : `no machine on offer can take the training: ${now.because}`;
  const listed = askFleet(
    { ...work, placement: anywhere(work.placement) },
    listedOffers(work, context.market.listUsdPerHour),
    { lock, context },
  );
  if (listed.because !== null) return { price: null, notes: [why] };
  return { price: priceOf(listed.quote), notes: [`${why}; taken at list prices, on ${placeIn(listed.quote)}`] };
}

/** As if it were to be done whatever it costs: what would forbid it is told apart from the price. */
function askFleet(
  work: RentedWork,
  offers: readonly FleetOffer[],
  { lock, context }: { readonly lock: PlanLock; readonly context: RentalContext },
): Asked {
  const { facts, settings } = context.market;
  const demand = toDemand(work, offers, { lock, context });
  const quote = quoteFleet(
    { ...facts, offers, demand: [demand, ...facts.demand], perHourMicroUsd: null, perHourByProject: {} },
    { ...settings, maxPods: facts.supply.length + 1 },
    { random: seededRandom(digestOf(work)), of: ASKED.job },
  );
  return { quote, demand, because: quote.without[0]?.because ?? null };
}

function toDemand(
  { recipe, placement, images }: RentedWork,
  offers: readonly FleetOffer[],
  { lock, context }: { readonly lock: PlanLock; readonly context: RentalContext },
): FleetDemand {
  const { market, models, past } = context;
  const gpuTypes = [
    ...new Set([...offers, ...market.facts.supply.map(({ offer }) => offer)].map((one) => one.gpuType)),
  ];
  const demand = machineDemand(recipe, placement, gpuTypes, (gpuType) => {
    const gpu = findGpu(gpuType);
    if (gpu === undefined) return null;
    const model = estimateOn(recipe, gpu, { images });
    return calibrate(model, calibrationOf({ family: recipe.family, gpu: model.gpuId }, past));
  });
  const files = models.find(({ id }) => id === recipe.baseModel)?.files ?? [];
  return {
    ...{ ...ASKED, ...demand, project: market.project, priority: lock.priority, since: market.facts.now },
    ...{ remainingMicroUsd: null, pod: null, preemptions: 0 },
    deadline: lock.deadline === undefined ? null : new Date(lock.deadline),
    models: files.flatMap(({ stored }) => (stored === null ? [] : [{ digest: stored.sha256, bytes: stored.bytes }])),
  };
}

const priceOf = ({ microUsd, seconds, expectedMicroUsd, parts }: FleetQuote): RentalAnswer["price"] => ({
  ...{ seconds, expectedMicroUsd },
  costMicroUsd: microUsd,
  parts: [...parts],
});

function placeIn({ places }: FleetQuote): string {
  const place = places.find(({ jobs }) => jobs.includes(ASKED.job));
  if (place === undefined) return "no machine";
  const offer = sayOffer(place.offer);
  return place.pod === null ? `a machine rented for it: ${offer}` : `${place.pod}, which is there: ${offer}`;
}

/** What would make it wait if it were started now, by the fleet's own words. */
function hindrances(demand: FleetDemand, offers: readonly FleetOffer[], { market }: RentalContext): string[] {
  const { facts, settings, dryRun } = market;
  const plan = planFleet({ ...facts, offers, demand: [demand, ...facts.demand] }, settings);
  const waits = plan.flatMap((one) => (one.kind === "wait" && one.job === ASKED.job ? [one.because] : []));
  return [
    ...waits.map((because) => `it would wait now: ${because}`),
    ...(dryRun ? ["the fleet is in dry run, so nothing is rented until that is switched off"] : []),
  ];
}

/** What is known before the market was ever asked: list prices have no data centre. */
function listedOffers(
  { recipe, placement, providers }: RentedWork,
  listUsdPerHour: RentalMarket["listUsdPerHour"],
): FleetOffer[] {
  const provider = placement?.mode === "cloud" ? placement.provider : (providers[0] ?? "");
  return gpus.flatMap(({ id, vramGb }) => {
    const usd = listUsdPerHour.get(id);
    if (usd === undefined) return [];
    return [
      {
        ...{ provider, gpuType: id, region: "", vramBytes: vramGb * BYTES_PER_GB, interruptible: false, available: 1 },
        pricePerHourMicroUsd: Math.round(usd * recipe.gpus * 1_000_000),
      },
    ];
  });
}

const anywhere = (placement: Placement | undefined): Placement | undefined =>
  placement?.mode === "cloud" ? { ...placement, dataCentres: [] } : placement;
