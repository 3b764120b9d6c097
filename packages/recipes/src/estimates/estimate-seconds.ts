import { type Range, type Recipe, stepsOf } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import { families } from "../families/index.ts";
import type { Gpu } from "../places/gpus.ts";
import { tokensOf } from "./estimate-vram.ts";

/** Unets spend most of their time in small convolutions, which reach about a third of what matrices do. */
const UNET_EFFICIENCY = 0.35;
/** Starting, reading the base model from a disk, encoding a picture. */
const START_SECONDS = 60;
const READ_BYTES_PER_SECOND = 0.5e9;
const ENCODE_SECONDS = 0.3;
/** Until own trainings have been measured, nine of ten take at most this much longer. */
const SPREAD = 2;
/** GPUs that train together wait for one another. */
const PARALLEL_EFFICIENCY = 0.9;

/**
 * How long a training takes on a GPU. Operations per step are those of a forward pass, of a backward pass to the
 * activations (the base has no gradients), and of a second forward pass with checkpointing.
 */
export function estimateSeconds(recipe: Recipe, gpu: Gpu, dataset: { readonly images: number }): Range {
  const family = families[recipe.family];
  const perPicture = forwardOperations(recipe, family) * (recipe.gradientCheckpointing ? 3 : 2);
  const efficiency = family.network.forwardTflops === undefined ? 1 : UNET_EFFICIENCY;
  const waiting = recipe.gpus > 1 ? PARALLEL_EFFICIENCY : 1;
  const perStep =
    (perPicture * recipe.batchSize * recipe.gradientAccumulation) / (gpu.realisedTflops * 1e12 * efficiency * waiting);
  const p50 = START_SECONDS + loadSeconds(recipe, family, dataset.images) + perStep * stepsOf(recipe);
  return { p50, p90: p50 * SPREAD };
}

function forwardOperations(recipe: Recipe, { network, sides }: Family): number {
  if (network.forwardTflops !== undefined) {
    return network.forwardTflops * 1e12 * (recipe.resolution / sides.usual) ** 2;
  }
  return 2 * network.parameters * tokensOf(recipe, network);
}

function loadSeconds(recipe: Recipe, { network, textEncoders }: Family, images: number): number {
  const parameters = textEncoders.reduce((sum, one) => sum + one.parameters, network.parameters);
  const encoded = recipe.latentCaching === "none" ? 0 : images * ENCODE_SECONDS;
  return (parameters * 2) / READ_BYTES_PER_SECOND + encoded;
}
