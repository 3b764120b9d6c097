import { type FleetDemand, type Placement, type Range, type Recipe, stepsOf } from "@loramill/contracts";
import { findGpu } from "../places/gpus.ts";
import type { GpuEstimate } from "./estimate-training.ts";
import { estimateVram } from "./estimate-vram.ts";

/** What a whole training wants of a machine, whoever asks for it and whatever of it is done already. */
export type MachineDemand = Pick<
  FleetDemand,
  "vramBytes" | "seconds" | "providers" | "regions" | "maxMicroUsdPerHour" | "checkpointSeconds"
>;

/**
 * By its recipe and placement, on those of the GPU types on which it fits. Who names a GPU is taken at their word where it may
 * fit; else it must for certain.
 */
export function machineDemand(
  recipe: Recipe,
  placement: Placement | null | undefined,
  gpuTypes: readonly string[],
  estimate: (gpuType: string) => Pick<GpuEstimate, "seconds" | "fits"> | null,
): MachineDemand {
  const cloud = placement?.mode === "cloud" ? placement : null;
  const wanted = cloud === null ? null : (findGpu(cloud.gpu)?.id ?? cloud.gpu);
  const seconds = gpuTypes.flatMap((gpuType): [string, Range][] => {
    if (wanted !== null && (findGpu(gpuType)?.id ?? gpuType) !== wanted) return [];
    const found = estimate(gpuType);
    const fits = found?.fits === "yes" || (found?.fits === "tight" && wanted !== null);
    return found !== null && fits ? [[gpuType, found.seconds]] : [];
  });
  const vram = estimateVram(recipe).bytes;
  return {
    vramBytes: cloud === null ? vram.p90 : vram.p50,
    seconds: Object.fromEntries(seconds),
    providers: cloud === null ? [] : [cloud.provider],
    regions: cloud?.dataCentres ?? [],
    maxMicroUsdPerHour: cloud?.maxMicroUsdPerHour ?? null,
    checkpointSeconds: median(seconds.map(([, { p50 }]) => p50)) * Math.min(1, recipe.saveEverySteps / stepsOf(recipe)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
