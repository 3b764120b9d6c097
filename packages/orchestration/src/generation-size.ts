import type { GenerateSpec, GenerationBackend } from "@loramill/contracts";
import { refuse } from "./refuse.ts";

type Limits = Pick<GenerationBackend["capabilities"], "maxSidePixels" | "sideStep">;

const MIN_SIDE_PIXELS = 32;
const USUAL_SIDE_PIXELS = 1024;

/**
 * Width and height in pixels. What the spec gives is taken or refused as it is; a side it leaves out is the recipe's
 * resolution (without a recipe, as large as usual), brought to what the backend can draw, with a note when that differs.
 */
export function resolveSides(
  given: Pick<GenerateSpec, "width" | "height">,
  resolution: number | null,
  limits: Limits,
): { width: number; height: number; notes: readonly string[] } {
  const { maxSidePixels, sideStep } = limits;
  const wish = resolution ?? USUAL_SIDE_PIXELS;
  const usual = Math.max(roundUp(MIN_SIDE_PIXELS, sideStep), roundDown(Math.min(wish, maxSidePixels), sideStep));
  const width = given.width === undefined ? usual : checkSide("generate.width", given.width, limits);
  const height = given.height === undefined ? usual : checkSide("generate.height", given.height, limits);
  const adjusted = resolution !== null && usual !== resolution && (given.width ?? given.height) === undefined;
  const notes = adjusted
    ? [`generate: drawn at ${usual} pixels, the closest to ${resolution} that the backend can do`]
    : [];
  return { width, height, notes };
}

function checkSide(field: string, side: number, { maxSidePixels, sideStep }: Limits): number {
  if (side <= maxSidePixels && side % sideStep === 0) return side;
  const least = roundUp(MIN_SIDE_PIXELS, sideStep);
  const near = Math.min(roundDown(maxSidePixels, sideStep), Math.max(least, Math.round(side / sideStep) * sideStep));
  return refuse({
    code: "side-unsupported",
    field,
    problem: `${side} pixels cannot be drawn by this backend`,
    given: side,
    allowed: `multiples of ${sideStep} from ${least} to ${roundDown(maxSidePixels, sideStep)}`,
    likely: `the closest is ${near}`,
  });
}

const roundDown = (value: number, step: number): number => Math.floor(value / step) * step;
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
