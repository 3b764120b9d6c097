import type { QualityFacts } from "@loramill/contracts";
import type { GreyImage, Plane, Window } from "./raster.ts";
import { measureSharpness } from "./sharpness.ts";

/** The part of a picture that is measured: the same window of its grey look and of its thumbnail. */
export interface Seen {
  readonly grey: GreyImage;
  readonly greyWindow: Window;
  readonly thumbnail: Plane;
  readonly thumbnailWindow: Window;
}

/** Measures the part of a picture that will be kept; about 2 ms. */
export function measureQuality({ grey, greyWindow, thumbnail, thumbnailWindow }: Seen): Omit<QualityFacts, "detail"> {
  const histogram = countValues(grey, greyWindow);
  const pixels = greyWindow.width * greyWindow.height;
  const luma = summarise(histogram, pixels);
  return {
    sharpness: round(measureSharpness(grey, greyWindow, luma.contrast), 4),
    brightness: round(luma.mean, 2),
    contrast: luma.contrast,
    clippedShadows: round(countOf(histogram, 0, 2) / pixels, 4),
    clippedHighlights: round(countOf(histogram, 253, 255) / pixels, 4),
    colourfulness: round(colourfulness(thumbnail, thumbnailWindow), 2),
    entropyBits: round(luma.entropyBits, 3),
    shadows: luma.low,
    highlights: luma.top,
  };
}

interface Luma {
  readonly mean: number;
  readonly contrast: number;
  readonly entropyBits: number;
  /** 5th and 99th percentile. */
  readonly low: number;
  readonly top: number;
}

function summarise(histogram: Uint32Array, pixels: number): Luma {
  let sum = 0;
  let entropyBits = 0;
  let seen = 0;
  let low = -1;
  let high = -1;
  let top = -1;
  for (let value = 0; value < 256; value++) {
    const count = histogram[value] as number;
    if (count === 0) continue;
    sum += value * count;
    entropyBits -= (count / pixels) * Math.log2(count / pixels);
    seen += count;
    if (low < 0 && seen >= pixels * 0.05) low = value;
    if (high < 0 && seen >= pixels * 0.95) high = value;
    if (top < 0 && seen >= pixels * 0.99) top = value;
  }
  return { mean: sum / pixels, contrast: high - low, entropyBits: Math.max(0, entropyBits), low, top };
}

function countValues({ width, data }: GreyImage, { left, top, width: columns, height: rows }: Window): Uint32Array {
  const histogram = new Uint32Array(256);
  for (let y = top; y < top + rows; y++) {
    const end = y * width + left + columns;
    for (let at = y * width + left; at < end; at++) (histogram[data[at] as number] as number)++;
  }
  return histogram;
}

/** Hasler and Süsstrunk (2003), of the thumbnail. */
function colourfulness({ data, width }: Plane, window: Window): number {
  const n = window.width * window.height;
  let sumRg = 0;
  let sumYb = 0;
  let squareRg = 0;
  let squareYb = 0;
  for (let y = window.top; y < window.top + window.height; y++) {
    for (let x = window.left; x < window.left + window.width; x++) {
      const at = (y * width + x) * 3;
      const red = data[at] as number;
      const green = data[at + 1] as number;
      const rg = red - green;
      const yb = (red + green) / 2 - (data[at + 2] as number);
      sumRg += rg;
      sumYb += yb;
      squareRg += rg * rg;
      squareYb += yb * yb;
    }
  }
  const meanRg = sumRg / n;
  const meanYb = sumYb / n;
  const spread = Math.sqrt(Math.max(0, squareRg / n - meanRg ** 2 + squareYb / n - meanYb ** 2));
  return spread + 0.3 * Math.hypot(meanRg, meanYb);
}

function countOf(histogram: Uint32Array, from: number, to: number): number {
  let count = 0;
  for (let value = from; value <= to; value++) count += histogram[value] as number;
  return count;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
