import type { GreyImage, Size } from "./raster.ts";

/** Plain bars at the sides of a picture, in pixels. */
export interface Borders {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** Levels by which the pixels of a bar may differ from its colour: compression leaves some. */
const TOLERANCE = 8;
/** Share of a line's pixels that may lie outside of it, such as a watermark's. */
const STRAY = 0.01;
/** Bars narrower than this share of the side are an edge of a scan, not a letterbox. */
const LEAST_SHARE = 0.02;
/** Lines behind a bar among which the picture must begin, and the share of a line that then has other colours. */
const EDGE_LINES = 4;
const EDGE_SHARE = 0.5;

/**
 * Finds the bars of a letterbox: lines of one colour that end in a straight edge, behind which the picture begins along
 * most of the line. The plain background around a product is none, because there the picture begins at a few pixels.
 * Measured on the small grey look; the result is in pixels of `size`, up to one pixel of the look too narrow. Undefined
 * where there are none.
 */
export function findBorders(grey: GreyImage, size: Size): Borders | undefined {
  const { width, height } = grey;
  const row = { lines: height, length: width, next: width, step: 1 };
  const column = { lines: width, length: height, next: 1, step: width };
  const scaleY = size.height / height;
  const scaleX = size.width / width;
  const borders = {
    top: Math.floor(barAt(grey.data, row, false) * scaleY),
    right: Math.floor(barAt(grey.data, column, true) * scaleX),
    bottom: Math.floor(barAt(grey.data, row, true) * scaleY),
    left: Math.floor(barAt(grey.data, column, false) * scaleX),
  };
  return Object.values(borders).some((width) => width > 0) ? borders : undefined;
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  /** Values from one line to the next, and from one value of a line to the next. */
  readonly next: number;
  readonly step: number;
}

/** Number of lines of the bar that begins at the first line, or at the last one. */
function barAt(data: Uint8Array, { lines, length, next, step }: Lines, fromEnd: boolean): number {
  const start = (line: number) => (fromEnd ? lines - 1 - line : line) * next;
  const colour = data[start(0) + (length >> 1) * step] as number;
  const others = (line: number, enough: number): number => {
    let count = 0;
    for (let i = 0, at = start(line); i < length && count < enough; i++, at += step) {
      if (Math.abs((data[at] as number) - colour) > TOLERANCE) count++;
    }
    return count;
  };
  const stray = Math.ceil(length * STRAY);
  let bar = 0;
  while (bar < lines && others(bar, stray + 1) <= stray) bar++;
  if (bar === lines || bar < lines * LEAST_SHARE) return 0;
  for (let line = bar; line < Math.min(lines, bar + EDGE_LINES); line++) {
    if (others(line, length) >= length * EDGE_SHARE) return bar;
  }
  return 0;
}
