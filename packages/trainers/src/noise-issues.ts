import type { Recipe, RecipeIssue } from "@loramill/contracts";

/** Families that predict noise; the others are trained by flow matching. */
export const predictsNoise = (family: Recipe["family"]): boolean => family === "sd15" || family === "sdxl";

/** What is defined for predicted noise alone: a trainer by flow matching would pass over it, or stumble. */
export function noiseIssues({ family, minSnrGamma, noiseOffset }: Recipe): RecipeIssue[] {
  if (predictsNoise(family) || (minSnrGamma === 0 && noiseOffset === 0)) return [];
  const field = minSnrGamma > 0 ? "minSnrGamma" : "noiseOffset";
  return [{ field, severity: "error", message: `it means nothing for ${family}: set it to 0` }];
}
