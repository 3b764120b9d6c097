import type { Recipe, TrainingEstimate } from "@loramill/contracts";
import { estimateOn, findGpu, gpus, shortName } from "@loramill/recipes";
import { z } from "zod";

const USUAL_GPU = "RTX4090";

/** A GPU type by the name that people or providers give it. */
export const GpuName = z
  .string()
  .refine((name) => findGpu(name) !== undefined, {
    error: ({ input }) => `${input} is no GPU type that is known: ${gpus.map(shortName).join(", ")}`,
  })
  .default(USUAL_GPU);

export interface GpuMachine {
  /** As `GpuName` takes it; left out, the usual card. */
  readonly gpu?: string;
  /** Of the whole machine, as the ledger charges it. */
  readonly usdPerHour: number;
}

/** What the GPU of rented machines is listed at; 0 where no price is known. */
export function listedUsdPerHour(name: string = USUAL_GPU): number {
  return findGpu(name)?.usdPerHour ?? 0;
}

/** Time and memory by the model of docs/training.md, as `loramill train estimate` says them; cost by the machine's price. */
export function estimateOnGpu(
  recipe: Recipe,
  { gpu: name = USUAL_GPU, usdPerHour }: GpuMachine,
  dataset: { readonly images: number },
): TrainingEstimate {
  const gpu = findGpu(name);
  if (gpu === undefined) throw new Error(`${name} is no GPU type that is known`);
  const { seconds, vramBytes } = estimateOn(recipe, gpu, dataset);
  const cost = (duration: number) => Math.ceil((duration / 3_600) * usdPerHour * 1_000_000);
  return { seconds, vramBytes, costMicroUsd: { p50: cost(seconds.p50), p90: cost(seconds.p90) } };
}
