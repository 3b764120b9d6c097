import {
  digestOf,
  type FleetDemand,
  type FleetFacts,
  formatMicroUsd,
  type JobId,
  type PastTraining,
  Placement,
  type PlanLock,
  type ProjectId,
  type Range,
  Recipe,
  type RunId,
} from "@loramill/contracts";
import { defaultFleetSettings, planFleet, quoteFleet } from "@loramill/fleet";
import { calibrate, calibrationOf, estimateOn, findGpu, machineDemand } from "@loramill/recipes";
import { seededRandom } from "./choosing/seeded-random.ts";

/** The market as it was last seen. */
export type RentalMarket = Pick<FleetFacts, "now" | "offers" | "records">;

/** Of a training that nobody has asked for yet. */
const ASKED = { job: "job" as JobId, run: "run" as RunId, project: "project" as ProjectId };

/**
 * What a training that is to run on a rented machine would come to by the offers of now, boot, restarts and idling included, and
 * which machine it would get. The same for the same plan and market. Ceilings and the base model's download are left out.
 */
export function notesOnRental(
  lock: PlanLock,
  images: number,
  market: RentalMarket,
  past: readonly PastTraining[],
): string[] {
  const train = lock.steps.find(({ kind }) => kind === "train");
  const placement = Placement.safeParse(train?.params.placement);
  const recipe = Recipe.safeParse(train?.params.recipe);
  if (!placement.success || placement.data.mode !== "cloud" || !recipe.success) return [];
  if (market.offers.length === 0) return ["no offers are known yet: the provisioner has not asked for any"];
  const demand = [toDemand(recipe.data, placement.data, { images, market, past })];
  const facts = {
    ...market,
    demand,
    supply: [],
    perHourMicroUsd: null,
    remainingMicroUsd: null,
    remainingByProject: {},
    perHourByProject: {},
    stopped: null,
  };
  const { microUsd, seconds, without } = quoteFleet(facts, defaultFleetSettings, {
    random: seededRandom(digestOf(lock)),
  });
  const [unfit] = without;
  if (unfit !== undefined) return [`no machine on offer can take the training: ${unfit.because}`];
  const sum = `rented now, the training comes to ${formatMicroUsd(microUsd.p50)} (p90 ${formatMicroUsd(microUsd.p90)}) in ${sayMinutes(seconds)}`;
  const machines = planFleet(facts, defaultFleetSettings).flatMap((one) =>
    one.kind === "create" ? [one.because] : [],
  );
  return [[sum, ...machines].join("; ")];
}

function toDemand(
  recipe: Recipe,
  placement: Placement,
  {
    images,
    market,
    past,
  }: { readonly images: number; readonly market: RentalMarket; readonly past: readonly PastTraining[] },
): FleetDemand {
  const gpuTypes = [...new Set(market.offers.map(({ gpuType }) => gpuType))];
  const demand = machineDemand(recipe, placement, gpuTypes, (gpuType) => {
    const gpu = findGpu(gpuType);
    if (gpu === undefined) return null;
    const model = estimateOn(recipe, gpu, { images });
    return calibrate(model, calibrationOf({ family: recipe.family, gpu: model.gpuId }, past));
  });
  return {
    ...{ ...ASKED, ...demand, priority: 1, since: market.now, deadline: null, models: [] },
    ...{ remainingMicroUsd: null, pod: null, preemptions: 0 },
  };
}

const sayMinutes = ({ p50, p90 }: Range): string => `${Math.ceil(p50 / 60)} min (p90 ${Math.ceil(p90 / 60)} min)`;
