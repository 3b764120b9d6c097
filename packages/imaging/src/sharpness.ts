import type { GreyImage, Window } from "./raster.ts";

const CELL = 8;
const MANY_CELLS = 1024;
/** How steep the steepest edges are in a Gaussian blur of about 2 pixels, and in a crisp picture. */
const SOFT = 0.22;
const CRISP = 0.72;

/**
 * How steep the edges of a picture are: 0 (no edges at all) to 1 (crisp). For every block of 16x16 pixels, the largest
 * step between two neighbouring pixels is divided by the range of the 32x32 pixels around. A step edge gives 1, a Gaussian
 * blur of s pixels about 0.4 / s whatever the contrast, so that a dark photo, a drawing with few edges and a fine texture
 * are judged alike. The 90th percentile of the blocks with enough contrast counts: a portrait before a soft background is
 * as sharp as its subject.
 *
 * Judge at about 400 pixels: the same photo is sharper at a smaller size.
 */
export function measureSharpness(grey: GreyImage, window: Window, contrast: number): number {
  const cells = measureCells(grey, window);
  const minRange = Math.min(24, Math.max(8, contrast * 0.3));
  // Blocks overlap by half where there are few.
  const stride = cells.rows * cells.columns > MANY_CELLS ? 2 : 1;
  const slopes = new Float64Array(cells.rows * cells.columns);
  let blocks = 0;
  for (let row = 0; row < Math.max(1, cells.rows - 1); row += stride) {
    for (let column = 0; column < Math.max(1, cells.columns - 1); column += stride) {
      const range = rangeOf(cells, row - 1, column - 1);
      if (range >= minRange) slopes[blocks++] = Math.max(0, stepOf(cells, row, column) - ROUNDING) / range;
    }
  }
  if (blocks === 0) return 0;
  const sorted = slopes.subarray(0, blocks).sort();
  const slope = sorted[Math.min(blocks - 1, Math.floor(blocks * 0.9))] as number;
  return Math.min(1, Math.max(0, (slope - SOFT) / (CRISP - SOFT)));
}

/** Levels that a step may owe to rounding and compression. */
const ROUNDING = 2;

interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  readonly step: Uint8Array;
}

/**
 * Range and largest step of each 8x8 cell of a window; a step over a border belongs to the cell on its left or top. The
 * last column and row only serve as neighbours.
 */
function measureCells(grey: GreyImage, window: Window): Cells {
  const columns = Math.max(1, Math.floor(window.width / CELL));
  const rows = Math.max(1, Math.floor(window.height / CELL));
  const cells = {
    low: new Uint8Array(columns * rows),
    high: new Uint8Array(columns * rows),
    step: new Uint8Array(columns * rows),
  };
  const right = Math.min(window.left + window.width, grey.width - 1);
  const bottom = Math.min(window.top + window.height, grey.height - 1);
  for (let row = 0, cell = 0; row < rows; row++) {
    const top = window.top + row * CELL;
    for (let column = 0; column < columns; column++, cell++) {
      const left = window.left + column * CELL;
      measureCell(grey, left, top, Math.min(left + CELL, right), Math.min(top + CELL, bottom), cells, cell);
    }
  }
  return { columns, rows, ...cells };
}

function measureCell(
  { width, data }: GreyImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
  into: Pick<Cells, "low" | "high" | "step">,
  cell: number,
): void {
  let low = 255;
  let high = 0;
  let step = 0;
  for (let y = top; y < bottom; y++) {
    const end = y * width + right;
    let value = data[y * width + left] as number;
    for (let at = y * width + left; at < end; at++) {
      const next = data[at + 1] as number;
      // Math.min and Math.max become instructions without branches, which a photograph would have the processor guess wrong.
      step = Math.max(step, Math.abs(value - next), Math.abs(value - (data[at + width] as number)));
      low = Math.min(low, value);
      high = Math.max(high, value);
      value = next;
    }
  }
  into.low[cell] = low;
  into.high[cell] = high;
  into.step[cell] = step;
}

/** Over the 2x2 cells from here. */
function stepOf({ columns, rows, step }: Cells, row: number, column: number): number {
  let largest = 0;
  for (let y = row; y < Math.min(row + 2, rows); y++) {
    for (let x = column; x < Math.min(column + 2, columns); x++) {
      largest = Math.max(largest, step[y * columns + x] as number);
    }
  }
  return largest;
}

/** Over the 4x4 cells from here, as far as they lie in the picture. */
function rangeOf({ columns, rows, low, high }: Cells, row: number, column: number): number {
  let min = 255;
  let max = 0;
  for (let y = Math.max(0, row); y < Math.min(row + 4, rows); y++) {
    for (let x = Math.max(0, column); x < Math.min(column + 4, columns); x++) {
      min = Math.min(min, low[y * columns + x] as number);
      max = Math.max(max, high[y * columns + x] as number);
    }
  }
  return max - min;
}
