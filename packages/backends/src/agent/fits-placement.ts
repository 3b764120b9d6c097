import type { AgentPod, Placement } from "@loramill/contracts";
import { findGpu } from "@loramill/recipes";

/** Why a training may not run on a machine, as a clause; null where it may. `pod` is null for one that nobody rents out. */
export function misplacedOn(pod: AgentPod | null, placement: Placement | undefined): string | null {
  if (placement === undefined) return null;
  if (placement.mode === "local")
    return pod === null ? null : "is rented, and the training is to run on one of your own";
  if (pod === null) return "is not rented, and the training asks for a rented one";
  const { gpuType, region, pricePerHourMicroUsd } = pod.offer;
  if (pod.provider !== placement.provider) return `is rented from ${pod.provider}`;
  if (idOf(gpuType) !== idOf(placement.gpu)) return `has a ${gpuType}`;
  if (placement.dataCentres.length > 0 && !placement.dataCentres.includes(region))
    return `is in ${region || "no known region"}`;
  const most = placement.maxMicroUsdPerHour;
  return most !== null && pricePerHourMicroUsd > most ? "costs more by the hour than it may" : null;
}

/** Types that no list has are compared as they are. */
const idOf = (gpu: string): string => findGpu(gpu)?.id ?? gpu;
