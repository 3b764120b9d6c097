import type { RgbImage } from "@loramill/contracts";

/** The picture is sampled in this many tiles a side. */
const TILES = 10;
/** Rows (and columns) of a tile that are measured, and steps between them and along them. */
const LINES = 8;
const LENGTH = 16;
const REACH = 6;
const TILE = LENGTH + 2 * REACH;
/** The share of tiles with the most structure that count. */
const COUNTED = 0.2;
/** Variance of the noise that rounding and compression leave, which is not detail, and what a sixth difference makes of it. */
const NOISE = 0.5 * 924;
/** Mean squared sixth difference of coarse detail below which there is nothing but noise. */
const LEAST_ENERGY = 700;

/**
 * How much of the finest detail a picture has that its size could hold: the energy of sixth differences of neighbouring
 * pixels against those of every second pixel, in the fifth of the sampled tiles with the most structure. Photographs have
 * 0.05 to 0.6, enlarged twofold under 0.06, most under 0.03, enlarged more or much blurred 0; null where too little is
 * seen to tell. Green stands for luma. Takes about half a millisecond.
 */
export function measureDetail({ width, height, rgb }: RgbImage): number | null {
  if (width < TILE * 2 || height < TILE * 2) return null;
  const columns = Math.min(TILES, Math.floor(width / TILE));
  const rows = Math.min(TILES, Math.floor(height / TILE));
  const fine = new Float64Array(columns * rows);
  const coarse = new Float64Array(columns * rows);
  const sums = new Float64Array(2);
  for (let tile = 0; tile < fine.length; tile++) {
    const left = Math.floor((((tile % columns) + 0.5) * width) / columns - TILE / 2);
    const top = Math.floor(((Math.floor(tile / columns) + 0.5) * height) / rows - TILE / 2);
    const corner = (top * width + left) * 3 + 1;
    sums.fill(0);
    addLines(rgb, corner + REACH * width * 3, 2 * width * 3, 3, sums);
    addLines(rgb, corner + REACH * 3, 6, width * 3, sums);
    fine[tile] = sums[0] as number;
    coarse[tile] = sums[1] as number;
  }
  const order = Array.from(coarse.keys()).sort((a, b) => (coarse[b] as number) - (coarse[a] as number));
  const counted = order.slice(0, Math.max(1, Math.round(order.length * COUNTED)));
  const sum = (of: Float64Array) => counted.reduce((total, tile) => total + (of[tile] as number), 0);
  const samples = counted.length * 2 * LINES * LENGTH;
  const energy = sum(coarse);
  if (energy / samples < LEAST_ENERGY) return null;
  return Math.min(4, Math.max(0, sum(fine) - NOISE * samples) / energy);
}

/** Adds the squared sixth differences along some lines: of neighbours, and of every second pixel. */
function addLines(rgb: Uint8Array, start: number, next: number, step: number, sums: Float64Array): void {
  let fine = 0;
  let coarse = 0;
  for (let line = 0; line < LINES; line++) {
    let at = start + line * next + REACH * step;
    for (let i = 0; i < LENGTH; i++, at += step) {
      const middle = 20 * (rgb[at] as number);
      const two = (rgb[at - 2 * step] as number) + (rgb[at + 2 * step] as number);
      const near = (rgb[at - step] as number) + (rgb[at + step] as number);
      const three = (rgb[at - 3 * step] as number) + (rgb[at + 3 * step] as number);
      const four = (rgb[at - 4 * step] as number) + (rgb[at + 4 * step] as number);
      const six = (rgb[at - 6 * step] as number) + (rgb[at + 6 * step] as number);
      const one = middle - 15 * near + 6 * two - three;
      const other = middle - 15 * two + 6 * four - six;
      fine += one * one;
      coarse += other * other;
    }
  }
  sums[0] = (sums[0] as number) + fine;
  sums[1] = (sums[1] as number) + coarse;
}
