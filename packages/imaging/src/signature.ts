import { type Plane, resizeByArea } from "./raster.ts";

const SIDE = 24;
/** A picture whose levels lie closer together than this shows nothing that could be recognised. */
const LEAST_RANGE = 16;
/** A crop shows at least this share of each side of the picture it was cut from. */
const LEAST_SHARE = 0.9;
const SHARE_STEP = 0.025;
const OFFSETS = 7;
/** A correlation from which moving one picture over the other a little does not help any more. */
const HOPELESS = 0.5;
/** Rounds of looking along one axis with the other held. */
const ROUNDS = 2;

/**
 * A grey 24x24 picture, a hex digit a cell from the darkest (0) to the brightest (f): enough to lay one picture over a
 * part of another. All zeros where there is nothing to see.
 */
export function signatureOf(grey: Plane): string {
  const small = resizeByArea(grey, { width: SIDE, height: SIDE }).data;
  let low = 255;
  let high = 0;
  for (const value of small) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high - low < LEAST_RANGE ? 0 : 15 / (high - low);
  let hex = "";
  for (const value of small) hex += Math.round((value - low) * scale).toString(16);
  return hex;
}

/** Levels 0..15, rows from the top. */
export type Signature = Uint8Array;

export function readSignature(hex: string): Signature {
  return Uint8Array.from(hex, (digit) => Number.parseInt(digit, 16));
}

export function mirrorSignature(signature: Signature): Signature {
  return signature.map((_, at) => signature[at - (at % SIDE) + SIDE - 1 - (at % SIDE)] as number);
}

/** Where one picture lies in another: per axis, the share of it that is seen and where that lies. */
interface Fit {
  readonly similarity: number;
  readonly x: Axis;
  readonly y: Axis;
}

interface Axis {
  readonly share: number;
  /** For each cell of the part, the cell of the whole it begins in and how far it lies towards the next. */
  readonly places: Float64Array;
}

const AXES: readonly Axis[] = Array.from({ length: Math.round((1 - LEAST_SHARE) / SHARE_STEP) + 1 }, (_, step) => {
  const share = 1 - step * SHARE_STEP;
  const places = share === 1 ? 1 : OFFSETS;
  return Array.from({ length: places }, (_, place) =>
    axisOf(share, places === 1 ? 0 : ((1 - share) * place) / (places - 1)),
  );
}).flat();
const WHOLE = axisOf(1, 0);
const MIDDLE = axisOf(0.95, 0.025);

/**
 * How alike two pictures are when one is laid over the best part (at least 90 % of each side) of the other:
 * correlation -1..1, exposure and contrast left out, and the share of the larger one's area that the smaller one shows.
 */
export function alignSignatures(a: Signature, b: Signature): { similarity: number; share: number } {
  const [within, around] = [fitInto(a, b), fitInto(b, a)];
  const best = within.similarity >= around.similarity ? within : around;
  return { similarity: best.similarity, share: best.x.share * best.y.share };
}

/** Lays `part` over parts of `whole`. */
function fitInto(whole: Signature, part: Signature): Fit {
  let best: Fit = { similarity: -1, x: WHOLE, y: WHOLE };
  const take = (x: Axis, y: Axis) => {
    const similarity = correlate(whole, part, x, y);
    if (similarity > best.similarity) best = { similarity, x, y };
  };
  take(WHOLE, WHOLE);
  take(MIDDLE, MIDDLE);
  if (best.similarity < HOPELESS) return best;
  for (let round = 0; round < ROUNDS; round++) {
    for (const x of AXES) take(x, best.y);
    for (const y of AXES) take(best.x, y);
  }
  return best;
}

function correlate(whole: Signature, part: Signature, x: Axis, y: Axis): number {
  const columns = x.places;
  const rows = y.places;
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (let row = 0; row < SIDE; row++) {
    const top = (rows[row * 2] as number) * SIDE;
    const down = rows[row * 2 + 1] as number;
    for (let column = 0; column < SIDE; column++) {
      const at = top + (columns[column * 2] as number);
      const right = columns[column * 2 + 1] as number;
      const upper = (whole[at] as number) * (1 - right) + (whole[at + 1] as number) * right;
      const lower = (whole[at + SIDE] as number) * (1 - right) + (whole[at + SIDE + 1] as number) * right;
      const one = upper * (1 - down) + lower * down;
      const other = part[row * SIDE + column] as number;
      sumA += one;
      sumB += other;
      squareA += one * one;
      squareB += other * other;
      product += one * other;
    }
  }
  const n = SIDE * SIDE;
  const spread = Math.sqrt((squareA - sumA ** 2 / n) * (squareB - sumB ** 2 / n));
  return spread < 1 ? -1 : (product - (sumA * sumB) / n) / spread;
}

function axisOf(share: number, offset: number): Axis {
  const places = new Float64Array(SIDE * 2);
  for (let cell = 0; cell < SIDE; cell++) {
    const at = Math.min(SIDE - 1, Math.max(0, (offset + ((cell + 0.5) / SIDE) * share) * SIDE - 0.5));
    const from = Math.min(SIDE - 2, Math.floor(at));
    places[cell * 2] = from;
    places[cell * 2 + 1] = at - from;
  }
  return { share, places };
}
