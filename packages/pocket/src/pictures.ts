import { type RgbImage, UserError } from "@loramill/contracts";

/** Sides that the model was made for lie in 48…96; within these limits pictures still come out, only rougher. */
export const LEAST_SIDE = 32;
export const MOST_SIDE = 128;

/** Pictures as the graphs see them: patches row by row, inside a patch row, column, channel, on the scale [-1, 1]. */
export function toPatches(image: RgbImage, patch: number, mirrored = false): Float32Array {
  const { width, rgb } = image;
  checkSides(width, image.height, patch);
  if (rgb.length !== width * image.height * 3) {
    throw new UserError(`the picture has ${rgb.length} bytes, not the ${width * image.height * 3} of its sides`, {
      code: "bad-picture",
    });
  }
  const tokens = new Float32Array(rgb.length);
  eachRun(image, patch, (x, y, place) => {
    for (let column = 0; column < patch; column += 1) {
      const from = 3 * (y * width + (mirrored ? width - 1 - x - column : x + column));
      const to = place + 3 * column;
      for (let channel = 0; channel < 3; channel += 1) tokens[to + channel] = (rgb[from + channel] ?? 0) / 127.5 - 1;
    }
  });
  return tokens;
}

/** The inverse of `toPatches`, rounded to bytes. */
export function fromPatches(tokens: Float32Array, width: number, height: number, patch: number): RgbImage {
  const rgb = new Uint8Array(width * height * 3);
  eachRun({ width, height }, patch, (x, y, place) => {
    const from = 3 * (y * width + x);
    for (let value = 0; value < 3 * patch; value += 1) {
      rgb[from + value] = Math.min(255, Math.max(0, Math.round(((tokens[place + value] ?? 0) + 1) * 127.5)));
    }
  });
  return { width, height, rgb };
}

/** [tokens, positionValues]: where each patch sits, the short side spanning [-1, 1] around the centre. */
export function positionFeatures(
  { width, height }: { readonly width: number; readonly height: number },
  patch: number,
  frequencies: readonly number[],
): Float32Array {
  const rows = height / patch;
  const columns = width / patch;
  const short = Math.min(rows, columns);
  const values: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (const place of [(2 * row + 1 - rows) / short, (2 * column + 1 - columns) / short]) {
        for (const frequency of frequencies) values.push(Math.cos(place * frequency));
        for (const frequency of frequencies) values.push(Math.sin(place * frequency));
      }
      values.push(Math.log2(short), 1);
    }
  }
  return Float32Array.from(values);
}

/** UserError `bad-size` unless both sides are whole patches within the limits. */
export function checkSides(width: number, height: number, patch: number): void {
  const fits = (side: number) => side % patch === 0 && side >= LEAST_SIDE && side <= MOST_SIDE;
  if (fits(width) && fits(height)) return;
  const rule = `multiples of ${patch} from ${LEAST_SIDE} to ${MOST_SIDE} pixels`;
  throw new UserError(`the pocket engine works on sides that are ${rule}, not ${width}×${height}`, {
    code: "bad-size",
  });
}

/** Calls back for each row of pixels of each patch: where it starts in the picture and among the tokens' values. */
function eachRun(
  { width, height }: { readonly width: number; readonly height: number },
  patch: number,
  visit: (x: number, y: number, place: number) => void,
): void {
  const columns = width / patch;
  for (let y = 0; y < height; y += 1) {
    for (let column = 0; column < columns; column += 1) {
      const token = Math.floor(y / patch) * columns + column;
      visit(column * patch, y, (token * patch + (y % patch)) * patch * 3);
    }
  }
}
