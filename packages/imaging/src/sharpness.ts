import type { GreyImage } from "./raster.ts";

const CELL = 8;
/** How steep the steepest edges are in a Gaussian blur of about 2 pixels, and in a crisp picture. */
const SOFT = 0.24;
const CRISP = 0.74;

/**
 * How steep the edges of a picture are: 0 (no edges at all) to 1 (crisp). For every block of 16x16 pixels, the largest
 * step between two neighbouring pixels is divided by the range of the 32x32 pixels around. A step edge gives 1, a Gaussian
 * blur of s pixels about 0.4 / s whatever the contrast, so that a dark photo, a drawing with few edges and a fine texture
 * are judged alike. The 90th percentile of the blocks with enough contrast counts: a portrait before a soft background is
 * as sharp as its subject.
 *
 * Judge at about 400 pixels: the same photo is sharper at a smaller size.
 */
export function measureSharpness(grey: GreyImage, contrast: number): number {
  const cells = measureCells(grey);
  const minRange = Math.min(24, Math.max(8, contrast * 0.3));
  const slopes: number[] = [];
  for (let row = 0; row < Math.max(1, cells.rows - 1); row++) {
    for (let column = 0; column < Math.max(1, cells.columns - 1); column++) {
      const { low, high } = rangeOf(cells, row - 1, column - 1);
      if (high - low >= minRange) slopes.push(Math.max(0, stepOf(cells, row, column) - ROUNDING) / (high - low));
    }
  }
  if (slopes.length === 0) return 0;
  slopes.sort((a, b) => a - b);
  const slope = slopes[Math.min(slopes.length - 1, Math.floor(slopes.length * 0.9))] as number;
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

/** Range and largest step of each 8x8 cell; a step over a border belongs to the cell on its left or top. */
function measureCells({ width, height, data }: GreyImage): Cells {
  const columns = Math.max(1, Math.floor(width / CELL));
  const rows = Math.max(1, Math.floor(height / CELL));
  const low = new Uint8Array(columns * rows).fill(255);
  const high = new Uint8Array(columns * rows);
  const step = new Uint8Array(columns * rows);
  const lastRow = Math.min(height, rows * CELL);
  for (let y = 0; y < lastRow; y++) {
    const cellRow = Math.min(rows - 1, Math.floor(y / CELL)) * columns;
    const below = y + 1 < height ? width : 0;
    for (let column = 0; column < columns; column++) {
      const cell = cellRow + column;
      let min = low[cell] as number;
      let max = high[cell] as number;
      let largest = step[cell] as number;
      const end = Math.min(width, (column + 1) * CELL);
      for (let x = column * CELL; x < end; x++) {
        const at = y * width + x;
        const value = data[at] as number;
        if (value < min) min = value;
        if (value > max) max = value;
        const right = x + 1 < width ? Math.abs((data[at + 1] as number) - value) : 0;
        const down = Math.abs((data[at + below] as number) - value);
        if (right > largest) largest = right;
        if (down > largest) largest = down;
      }
      low[cell] = min;
      high[cell] = max;
      step[cell] = largest;
    }
  }
  return { columns, rows, low, high, step };
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
function rangeOf({ columns, rows, low, high }: Cells, row: number, column: number): { low: number; high: number } {
  let min = 255;
  let max = 0;
  for (let y = Math.max(0, row); y < Math.min(row + 4, rows); y++) {
    for (let x = Math.max(0, column); x < Math.min(column + 4, columns); x++) {
      min = Math.min(min, low[y * columns + x] as number);
      max = Math.max(max, high[y * columns + x] as number);
    }
  }
  return { low: min, high: max };
}
