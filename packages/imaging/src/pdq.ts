import { type Plane, resizeByArea } from "./raster.ts";

const SIDE = 64;
const LOW = 16;
/** Published by PDQ's authors: a picture with less structure than this has a hash that says nothing. */
export const MIN_PDQ_QUALITY = 50;
/** Bits of 256 up to which PDQ's authors call two pictures the same. */
export const PDQ_DISTANCE = 31;

/** √(2/64) · cos(π/128 · (i + 1) · (2j + 1)) for rows i of 16: a DCT-II without its constant row. */
const DCT = Float64Array.from({ length: LOW * SIDE }, (_, at) => {
  const i = Math.floor(at / SIDE);
  return Math.sqrt(2 / SIDE) * Math.cos((Math.PI / (2 * SIDE)) * (i + 1) * (2 * (at % SIDE) + 1));
});

export interface Pdq {
  /** 64 hex digits, the word of the highest row first, as PDQ's own tools print it. */
  readonly hash: string;
  /** Of the picture mirrored left to right. */
  readonly mirrored: string;
  /** How much structure there is, 0..100. */
  readonly quality: number;
}

/**
 * PDQ: 64x64 luma, DCT-II, the 16x16 lowest coefficients but the constant ones, a bit where one is above the (lower)
 * median. Mirroring negates the columns of odd frequency, so the mirrored hash costs no second transform. Other sizes are
 * smoothed and sampled to 64x64 as PDQ does; thumbnails made by area are 64x64 already.
 */
export function pdq(grey: Plane): Pdq {
  const small = grey.width === SIDE && grey.height === SIDE ? grey.data : smoothAndSample(grey);
  const coefficients = transform(small);
  const mirrored = coefficients.map((value, at) => (at % 2 === 0 ? -value : value));
  return { hash: hexOf(coefficients), mirrored: hexOf(mirrored), quality: measureQuality(small) };
}

/** Bits in which two PDQ hashes in hex differ, 0..256. */
export function pdqDistance(a: string, b: string): number {
  let bits = 0;
  for (let at = 0; at < 64; at += 8) {
    let word = Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16);
    for (; word !== 0; word &= word - 1) bits++;
  }
  return bits;
}

/** DCT · picture · DCTᵀ, 16x16, rows of the result by vertical frequency. */
function transform(small: Float64Array): Float64Array {
  const rows = new Float64Array(LOW * SIDE);
  for (let i = 0; i < LOW; i++) {
    for (let y = 0; y < SIDE; y++) {
      const weight = DCT[i * SIDE + y] as number;
      for (let x = 0; x < SIDE; x++) {
        rows[i * SIDE + x] = (rows[i * SIDE + x] as number) + weight * (small[y * SIDE + x] as number);
      }
    }
  }
  const low = new Float64Array(LOW * LOW);
  for (let i = 0; i < LOW; i++) {
    for (let j = 0; j < LOW; j++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (rows[i * SIDE + x] as number) * (DCT[j * SIDE + x] as number);
      low[i * LOW + j] = sum;
    }
  }
  return low;
}

function hexOf(coefficients: Float64Array): string {
  const median = coefficients.toSorted()[LOW * 8 - 1] as number;
  let hex = "";
  for (let i = LOW - 1; i >= 0; i--) {
    let word = 0;
    for (let j = LOW - 1; j >= 0; j--) word = word * 2 + ((coefficients[i * LOW + j] as number) > median ? 1 : 0);
    hex += word.toString(16).padStart(4, "0");
  }
  return hex;
}

/** Sum of the steps between neighbours in hundredths of full range, as PDQ counts it. */
function measureQuality(small: Float64Array): number {
  let sum = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const value = small[y * SIDE + x] as number;
      if (x + 1 < SIDE) sum += Math.abs(Math.trunc(((value - (small[y * SIDE + x + 1] as number)) * 100) / 255));
      if (y + 1 < SIDE) sum += Math.abs(Math.trunc(((value - (small[(y + 1) * SIDE + x] as number)) * 100) / 255));
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

/** Two box blurs along rows and columns, then the pixel in the middle of each of 64x64 cells. */
function smoothAndSample(grey: Plane): Float64Array {
  const { width, height } = grey;
  if (width < SIDE || height < SIDE) return resizeByArea(grey, { width: SIDE, height: SIDE }).data;
  let data = Float64Array.from(grey.data);
  for (let pass = 0; pass < 2; pass++) {
    data = boxAlong(data, { lines: height, length: width, next: width, step: 1 });
    data = boxAlong(data, { lines: width, length: height, next: 1, step: width });
  }
  return Float64Array.from({ length: SIDE * SIDE }, (_, at) => {
    const y = Math.floor(((Math.floor(at / SIDE) + 0.5) * height) / SIDE);
    const x = Math.floor((((at % SIDE) + 0.5) * width) / SIDE);
    return data[y * width + x] as number;
  });
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  /** Values from one line to the next, and from one value of a line to the next. */
  readonly next: number;
  readonly step: number;
}

/** The mean over a window of a 128th of the length (rounded up), cut off at the ends. */
function boxAlong(source: Float64Array, { lines, length, next, step }: Lines): Float64Array<ArrayBuffer> {
  const window = Math.floor((length + 127) / 128);
  const ahead = Math.floor((window + 2) / 2) - 1;
  const behind = window - 1 - ahead;
  const result = new Float64Array(source.length);
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    let count = 0;
    for (let at = -ahead; at < length; at++) {
      const [entering, leaving] = [at + ahead, at - behind - 1];
      if (entering < length) {
        sum += source[line * next + entering * step] as number;
        count += 1;
      }
      if (leaving >= 0) {
        sum -= source[line * next + leaving * step] as number;
        count -= 1;
      }
      if (at >= 0) result[line * next + at * step] = sum / count;
    }
  }
  return result;
}
