import { type Plane, resizeByArea } from "./raster.ts";

const SIDE = 32;
const LOW = 8;
/**
 * Coefficients of an orthonormal DCT below this many grey levels are rounding noise of 8-bit pictures and count as
 * zero; otherwise the bits of smooth and drawn pictures would be drawn by lot at every re-encoding.
 */
const NOISE = 0.5;

/** cos(π/64 · k · (2n + 1)) for the eight lowest frequencies k, scaled to an orthonormal DCT-II. */
const COSINES = Float64Array.from({ length: LOW * SIDE }, (_, at) => {
  const k = Math.floor(at / SIDE);
  return Math.cos((Math.PI / (2 * SIDE)) * k * (2 * (at % SIDE) + 1)) * Math.sqrt((k === 0 ? 1 : 2) / SIDE);
});

/**
 * pHash as imagededup defines it: grey 32x32, DCT-II, the 8x8 lowest coefficients with the DC; a bit is set where the
 * coefficient is at least the median of the 63 others than DC. Mirroring a picture negates the odd columns, so the
 * hash of the mirrored picture costs nothing more. Hex, most significant bit first.
 */
export function phash(grey: Plane): { phash: string; phashMirrored: string } {
  const small = resizeByArea(grey, { width: SIDE, height: SIDE }).data;
  const coefficients = lowFrequencies(small);
  const mirrored = coefficients.map((value, at) => (at % 2 === 1 ? -value : value));
  return { phash: hexOfBits(bitsAboveMedian(coefficients)), phashMirrored: hexOfBits(bitsAboveMedian(mirrored)) };
}

function lowFrequencies(small: Float64Array): Float64Array {
  const columns = new Float64Array(LOW * SIDE);
  for (let k = 0; k < LOW; k++) {
    for (let y = 0; y < SIDE; y++) {
      const weight = COSINES[k * SIDE + y] as number;
      for (let x = 0; x < SIDE; x++) {
        columns[k * SIDE + x] = (columns[k * SIDE + x] as number) + weight * (small[y * SIDE + x] as number);
      }
    }
  }
  const low = new Float64Array(LOW * LOW);
  for (let row = 0; row < LOW; row++) {
    for (let k = 0; k < LOW; k++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (columns[row * SIDE + x] as number) * (COSINES[k * SIDE + x] as number);
      low[row * LOW + k] = Math.abs(sum) < NOISE ? 0 : sum;
    }
  }
  return low;
}

function bitsAboveMedian(coefficients: Float64Array): boolean[] {
  const median = coefficients.slice(1).sort()[31] as number;
  return Array.from(coefficients, (value) => value >= median);
}

/** dHash: grey 9x8, a bit is set where a pixel is brighter than its left neighbour; also of the mirrored picture. Hex. */
export function dhash(grey: Plane): { dhash: string; dhashMirrored: string } {
  const grid = resizeByArea(grey, { width: 9, height: 8 }).data.map(Math.round);
  const mirrored = grid.map((_, at) => grid[at - (at % 9) + 8 - (at % 9)] as number);
  return { dhash: dhashOfGrid(grid), dhashMirrored: dhashOfGrid(mirrored) };
}

/** dHash of a finished grid of 9 columns and 8 rows. */
export function dhashOfGrid(grid: ArrayLike<number>): string {
  const bits: boolean[] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) bits.push((grid[y * 9 + x + 1] as number) > (grid[y * 9 + x] as number));
  }
  return hexOfBits(bits);
}

/** Mean colours of a 4x4 grid, rows from the top, as hex: tells pictures apart that differ in colour alone. */
export function layoutHash(colours: Plane): string {
  const means = resizeByArea(colours, { width: 4, height: 4 }).data;
  return Buffer.from(Uint8Array.from(means, Math.round)).toString("hex");
}

function hexOfBits(bits: readonly boolean[]): string {
  let hex = "";
  for (let i = 0; i < bits.length; i += 4) {
    hex += (Number(bits[i]) * 8 + Number(bits[i + 1]) * 4 + Number(bits[i + 2]) * 2 + Number(bits[i + 3])).toString(16);
  }
  return hex;
}
