import type { PreparedImage } from "@loramill/contracts";
import type { Size } from "./raster.ts";

export type CheckName =
  | "too-small"
  | "blurred"
  | "upscaled"
  | "dark"
  | "bright"
  | "low-contrast"
  | "low-information"
  | "odd-aspect"
  | "odd-size"
  | "borders"
  | "colour-space"
  | "alpha"
  | "faces";

/** What one check found of one picture. */
export interface CheckResult {
  readonly check: CheckName;
  /** In the unit of the check; always the more the better, and less than the threshold is a failure. */
  readonly score: number;
  readonly threshold: number;
  readonly failed: boolean;
  /** A sentence that fits behind a path, with the figures that decided. */
  readonly message: string;
}

/** Where the line is drawn; see each check in `checkPicture`. */
export interface CheckThresholds {
  /** Shorter side of the original, in pixels. */
  readonly minSidePixels: number;
  /** Sharpness 0..1 of the crop that is trained on, judged at one size for all. */
  readonly minSharpness: number;
  /** Finest detail against coarse; an enlarged picture has less. */
  readonly minDetail: number;
  /** Share 0..1 of full brightness that the brightest 1 % reach. */
  readonly minHighlights: number;
  /** Share 0..1 by which the darkest 5 % stay below full brightness. */
  readonly minShadows: number;
  /** Levels between the 5th and 95th percentile of luma. */
  readonly minContrast: number;
  /** Bits of the luma histogram. */
  readonly minEntropyBits: number;
  /** Shorter side by longer side. */
  readonly minAspect: number;
  /** Closeness 0..1 to the usual size of the set; 0.5 is the end of what is usual. */
  readonly minUsualSize: number;
  /** Share 0..1 of the picture that is not the bars of a letterbox. */
  readonly minInsideBorders: number;
}

/** cleanvision's figures where it has the check; the others were measured on photographs (bench `cleaning`). */
export const defaultThresholds: CheckThresholds = {
  minSidePixels: 64,
  minSharpness: 0.08,
  minDetail: 0.05,
  minHighlights: 0.32,
  minShadows: 0.05,
  minContrast: 16,
  minEntropyBits: 2,
  minAspect: 0.35,
  minUsualSize: 0.5,
  minInsideBorders: 0.97,
};

/** What the checks look at; all of it is in a prepared picture. */
export type Checkable = Pick<PreparedImage, "width" | "height" | "quality" | "converted" | "borders">;

/**
 * Every check that can be made of a picture alone, passed or failed; checks whose facts are missing (a picture prepared
 * by an older version) are left out.
 */
export function checkPicture(image: Checkable, thresholds: CheckThresholds = defaultThresholds): CheckResult[] {
  const { width, height, quality } = image;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const results: (CheckResult | undefined)[] = [
    result("too-small", short, thresholds.minSidePixels, `the shorter side has ${short} pixels`),
    result("blurred", quality.sharpness, thresholds.minSharpness, `the sharpness is ${quality.sharpness}`),
    checkDetail(quality.detail, thresholds.minDetail),
    ...checkExposure(quality, thresholds),
    result("low-contrast", quality.contrast, thresholds.minContrast, `the contrast is ${quality.contrast} levels`),
    result(
      "low-information",
      quality.entropyBits,
      thresholds.minEntropyBits,
      `the brightness says ${quality.entropyBits} bits a pixel`,
    ),
    result("odd-aspect", round(short / long), thresholds.minAspect, `${width}x${height} pixels are a strip`),
    checkBorders(image, thresholds.minInsideBorders),
    ...checkConversions(image.converted ?? []),
  ];
  return results.filter((one) => one !== undefined);
}

function result(check: CheckName, score: number, threshold: number, fact: string): CheckResult {
  const failed = score < threshold;
  return { check, score, threshold, failed, message: `${fact}, ${failed ? "less than" : "at least"} ${threshold}` };
}

function checkDetail(detail: number | null | undefined, threshold: number): CheckResult | undefined {
  if (detail === undefined || detail === null) return undefined;
  const fact = detail < threshold ? "it was enlarged from a smaller one: its fine detail" : "its fine detail";
  return result("upscaled", detail, threshold, `${fact} is ${detail} of the coarse`);
}

function checkExposure({ shadows, highlights }: Checkable["quality"], thresholds: CheckThresholds): CheckResult[] {
  if (shadows === undefined || highlights === undefined) return [];
  const light = round(highlights / 255);
  const depth = round(1 - shadows / 255);
  return [
    result("dark", light, thresholds.minHighlights, `its brightest parts reach ${light} of full brightness`),
    result("bright", depth, thresholds.minShadows, `its darkest parts are ${depth} below full brightness`),
  ];
}

function checkBorders({ width, height, borders }: Checkable, threshold: number): CheckResult {
  const { top, right, bottom, left } = borders ?? { top: 0, right: 0, bottom: 0, left: 0 };
  const inside = round((Math.max(0, width - left - right) * Math.max(0, height - top - bottom)) / (width * height));
  const bars = `plain bars of ${top}, ${right}, ${bottom} and ${left} pixels (top, right, bottom, left) leave ${inside}`;
  return result("borders", inside, threshold, borders === undefined ? "the share without bars is 1" : bars);
}

/** Conversions that change what is seen, unlike a profile or 16 bits, which are converted faithfully. */
const WRONG_SPACES: Readonly<Record<string, string>> = {
  cmyk: "it is made for print (CMYK), its colours are an approximation",
  greyscale: "it has no colours (greyscale)",
};

function checkConversions(converted: readonly string[]): CheckResult[] {
  const wrong = converted.map((name) => WRONG_SPACES[name]).find((reason) => reason !== undefined);
  const hasAlpha = converted.includes("alpha-on-white");
  const alpha = hasAlpha ? "it has an alpha channel and was laid on white" : "it has no alpha channel";
  return [
    {
      check: "colour-space",
      score: wrong === undefined ? 1 : 0,
      threshold: 1,
      failed: wrong !== undefined,
      message: wrong ?? "its colours are RGB",
    },
    { check: "alpha", score: hasAlpha ? 0 : 1, threshold: 1, failed: hasAlpha, message: alpha },
  ];
}

/**
 * How usual the size of each picture is in its set, in the order given: 1 in the middle of what is usual, 0.5 at its
 * ends (three quartile ranges beyond the quartiles, and at least half and twice the median).
 */
export function checkSizes(sizes: readonly Size[], thresholds: CheckThresholds = defaultThresholds): CheckResult[] {
  const sides = sizes.map(({ width, height }) => Math.sqrt(width * height));
  const sorted = sides.toSorted((a, b) => a - b);
  const [first, median, third] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share)) as [number, number, number];
  const low = Math.max(0, Math.min(first - 3 * (third - first), median / 2));
  const high = Math.max(third + 3 * (third - first), median * 2);
  return sides.map((side) => {
    // Below and above the median apart: sizes are spread unevenly.
    const room = side < median ? median - low : high - median;
    const score = Math.max(0, round(1 - (0.5 * Math.abs(side - median)) / Math.max(1, room)));
    const fact = `a square of its area has ${Math.round(side)} pixels a side, ${Math.round(median)} are usual here: ${score}`;
    return result("odd-size", score, thresholds.minUsualSize, fact);
  });
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
