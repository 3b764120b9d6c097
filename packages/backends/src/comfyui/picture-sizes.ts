import type { Recipe, TrainingImage } from "@loramill/contracts";
import type { PictureSizes } from "./training-graph.ts";

/** Sides that a family's encoder takes are multiples of this; it cuts the rest off. */
export const sideStep = (family: Recipe["family"]): number => (family === "flux" || family === "sd3" ? 16 : 8);

/**
 * Whether the pictures of a dataset are trained in the sizes they have, in groups, or cut to squares; and what is done
 * otherwise than the recipe says.
 */
export function choosePictureSizes(
  recipe: Pick<Recipe, "family" | "resolution" | "buckets">,
  images: readonly TrainingImage[],
): { readonly sizes: PictureSizes; readonly change: string | null } {
  const step = sideStep(recipe.family);
  const odd = images.find(({ width, height }) => width % step !== 0 || height % step !== 0);
  if (recipe.buckets && odd === undefined) return { sizes: { kind: "buckets" }, change: null };
  const side = recipe.resolution;
  const isScaled = images.some(({ width, height }) => Math.min(width, height) !== side);
  const change =
    recipe.buckets && odd !== undefined
      ? `pictures of ${odd.width}x${odd.height} are no multiples of ${step} px, so all were cut to ${side}x${side} instead of put into buckets`
      : null;
  return { sizes: { kind: "square", side, isScaled }, change };
}
