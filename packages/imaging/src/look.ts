import type { RgbImage } from "@loramill/contracts";
import { type GreyImage, type Plane, resizeByArea, type Size } from "./raster.ts";

/** Pictures are judged at this length of their shorter side, or their own if that is less; see sharpness.ts. */
export const LOOK_SIDE = 384;
/** Hashes, colours and the point of attention need no more than this many pixels a side, whatever the aspect ratio. */
const THUMBNAIL_SIDE = 64;

/** A picture made small, once, for everything that is measured of it. */
export interface Look {
  /** About 384 pixels on the shorter side. */
  readonly grey: GreyImage;
  /** Colours of 64x64 cells. */
  readonly thumbnail: Plane;
}

/**
 * Looks at a whole picture. A large one is sampled: each pixel of the look is the mean of two neighbours in a row, or one
 * pixel where the picture is less than twice as large. That reads a fraction of the pixels and takes 2 ms, where a proper
 * resize takes 5. A small one is taken as it is.
 */
export function lookAt(image: RgbImage): Look {
  const { width, height } = image;
  const short = Math.min(width, height);
  if (short < LOOK_SIDE) return lookAtAll(image);
  // Whole thumbnail cells, so that none is drawn from parts of two.
  const scale = LOOK_SIDE / short;
  const wholeCells = (side: number) =>
    Math.max(LOOK_SIDE, Math.floor((side * scale) / THUMBNAIL_SIDE) * THUMBNAIL_SIDE);
  return sample(image, { width: wholeCells(width), height: wholeCells(height) });
}

function sample(image: RgbImage, { width, height }: Size): Look {
  const source = image.rgb;
  const second = image.width >= 2 * width ? 3 : 0;
  const cellWidth = width / THUMBNAIL_SIDE;
  const cellHeight = height / THUMBNAIL_SIDE;
  const columns = new Uint32Array(width);
  const cells = new Uint32Array(width);
  for (let x = 0; x < width; x++) {
    columns[x] = Math.floor((x * image.width) / width) * 3;
    cells[x] = Math.floor(x / cellWidth) * 3;
  }
  const sums = new Uint32Array(THUMBNAIL_SIDE * THUMBNAIL_SIDE * 3);
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const line = Math.floor((y * image.height) / height) * image.width * 3;
    const row = Math.floor(y / cellHeight) * THUMBNAIL_SIDE * 3;
    sampleRow(
      source.subarray(line, line + image.width * 3),
      second,
      columns,
      cells,
      grey.subarray(y * width, (y + 1) * width),
      sums.subarray(row, row + THUMBNAIL_SIDE * 3),
    );
  }
  const pixels = 2 * cellWidth * cellHeight;
  const data = new Float64Array(sums.length);
  for (let i = 0; i < data.length; i++) data[i] = (sums[i] as number) / pixels;
  return {
    grey: { width, height, data: grey },
    thumbnail: { width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, channels: 3, data },
  };
}

/** One row of the look. A function of its own, so that the engine has compiled it well after the first picture. */
function sampleRow(
  source: Uint8Array,
  second: number,
  columns: Uint32Array,
  cells: Uint32Array,
  grey: Uint8Array,
  sums: Uint32Array,
): void {
  for (let x = 0; x < grey.length; x++) {
    const from = columns[x] as number;
    const red = (source[from] as number) + (source[from + second] as number);
    const green = (source[from + 1] as number) + (source[from + second + 1] as number);
    const blue = (source[from + 2] as number) + (source[from + second + 2] as number);
    grey[x] = (red * 19595 + green * 38470 + blue * 7471 + 65536) >>> 17;
    const cell = cells[x] as number;
    sums[cell] = (sums[cell] as number) + red;
    sums[cell + 1] = (sums[cell + 1] as number) + green;
    sums[cell + 2] = (sums[cell + 2] as number) + blue;
  }
}

function lookAtAll({ width, height, rgb }: RgbImage): Look {
  const grey = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    const luma = (rgb[p] as number) * 19595 + (rgb[p + 1] as number) * 38470 + (rgb[p + 2] as number) * 7471;
    grey[i] = (luma + 32768) >>> 16;
  }
  const data = new Float64Array(rgb);
  const side = THUMBNAIL_SIDE;
  const thumbnail = resizeByArea({ width, height, channels: 3, data }, { width: side, height: side });
  return { grey: { width, height, data: grey }, thumbnail };
}
