import type { GenerationCapabilities } from "../ports/generation-backend.ts";
import type { GenerationModel } from "./generation-parts.ts";

/** What the sides of a picture must be multiples of, in pixels: a family's first variant stands for it where none is named. */
export function sideStepOf(
  { sideStep, sideSteps = [] }: Pick<GenerationCapabilities, "sideStep" | "sideSteps">,
  { family, variant }: Pick<GenerationModel, "family" | "variant">,
): number {
  const own = sideSteps.filter((each) => each.family === family);
  const exact = variant === undefined ? undefined : own.find((each) => each.variant === variant);
  return (exact ?? own[0])?.step ?? sideStep;
}
