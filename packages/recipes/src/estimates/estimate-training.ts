import type { Range, Recipe, TrainingEstimate } from "@loramill/contracts";
import { type Gpu, gpus, shortName } from "../places/gpus.ts";
import { estimateSeconds } from "./estimate-seconds.ts";
import { estimateVram } from "./estimate-vram.ts";
import { makeItFit, type SavingChange } from "./make-it-fit.ts";

export interface GpuEstimate extends Omit<TrainingEstimate, "costMicroUsd"> {
  /** Short name and the provider's id. */
  readonly gpu: string;
  readonly gpuId: string;
  readonly gpuVramBytes: number;
  /** `tight`: it fits by the model, and may not in practice. */
  readonly fits: "yes" | "tight" | "no";
  /** What to change so that it fits with room to spare; empty when it does; null when nothing helps. */
  readonly changes: readonly SavingChange[] | null;
  /** Null where no price of the GPU is known. */
  readonly costMicroUsd: Range | null;
}

/** What cards report; a few hundred megabytes of it are the driver's. */
const BYTES_PER_GB = 1024 ** 3;

/** What a training needs on one GPU type: memory, time and cost, before anything is rented. */
export function estimateOn(recipe: Recipe, gpu: Gpu, dataset: { readonly images: number }): GpuEstimate {
  const { bytes } = estimateVram(recipe);
  const gpuVramBytes = gpu.vramGb * BYTES_PER_GB;
  const seconds = estimateSeconds(recipe, gpu, dataset);
  return {
    gpu: shortName(gpu),
    gpuId: gpu.id,
    gpuVramBytes,
    vramBytes: bytes.p50,
    fits: bytes.p90 <= gpuVramBytes ? "yes" : bytes.p50 <= gpuVramBytes ? "tight" : "no",
    changes: bytes.p90 <= gpuVramBytes ? [] : makeItFit(recipe, gpuVramBytes),
    seconds,
    costMicroUsd: gpu.usdPerHour === null ? null : costOf(seconds, gpu.usdPerHour * recipe.gpus),
  };
}

/** On every GPU type of which a price is known, cheapest training first, those that do not fit last. */
export function estimateOnAll(recipe: Recipe, dataset: { readonly images: number }): GpuEstimate[] {
  const order = { yes: 0, tight: 1, no: 2 };
  return gpus
    .filter(({ usdPerHour }) => usdPerHour !== null)
    .map((gpu) => estimateOn(recipe, gpu, dataset))
    .sort((a, b) => order[a.fits] - order[b.fits] || (a.costMicroUsd?.p50 ?? 0) - (b.costMicroUsd?.p50 ?? 0));
}

/** Micro-USD, rounded up once. */
function costOf({ p50, p90 }: Range, usdPerHour: number): Range {
  const cost = (seconds: number) => Math.ceil((seconds / 3600) * usdPerHour * 1_000_000);
  return { p50: cost(p50), p90: cost(p90) };
}
