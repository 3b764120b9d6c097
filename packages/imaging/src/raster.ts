import type { RgbImage } from "@loramill/contracts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Window extends Size {
  readonly left: number;
  readonly top: number;
}

/** One 8-bit plane, rows from the top; luma by ITU-R 601, rounded. */
export interface GreyImage extends Size {
  readonly data: Uint8Array;
}

/** A small picture with fractional values 0..255: interleaved channels, rows from the top. */
export interface Plane extends Size {
  readonly channels: number;
  readonly data: Float64Array;
}

/**
 * Gives a picture's memory back now instead of at the next garbage collection: megabytes outside V8's heap make it
 * collect every few pictures, which costs more than all the measuring. The picture must not be used afterwards.
 */
export function release({ data }: { readonly data: Uint8Array }): void {
  const { buffer } = data;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength;
  if (isWhole && !buffer.detached) buffer.transfer(0);
}

/** The part of a picture inside a window, which must lie within it. */
export function cropRgb(image: RgbImage, window: Window): RgbImage {
  const rowBytes = window.width * 3;
  const rgb = new Uint8Array(rowBytes * window.height);
  for (let y = 0; y < window.height; y++) {
    const start = ((window.top + y) * image.width + window.left) * 3;
    rgb.set(image.rgb.subarray(start, start + rowBytes), y * rowBytes);
  }
  return { width: window.width, height: window.height, rgb };
}

/**
 * Resizes to any size by area: each new pixel is the mean of what it covers, with fractional weights at its borders.
 * Rows first, because whole rows are added up in the order in which they lie in memory.
 */
export function resizeByArea(source: Plane, target: Size): Plane {
  const { channels, data } = source;
  const line = source.width * channels;
  const sum = new Float64Array(line);
  const result = new Float64Array(target.width * target.height * channels);
  const scale = source.height / target.height;
  for (let y = 0; y < target.height; y++) {
    const from = y * scale;
    const to = Math.min(source.height, from + scale);
    sum.fill(0);
    for (let row = Math.floor(from); row < to; row++) {
      const share = (Math.min(row + 1, to) - Math.max(row, from)) / scale;
      const start = row * line;
      for (let i = 0; i < line; i++) sum[i] = (sum[i] as number) + share * (data[start + i] as number);
    }
    narrowLine(sum, source.width, channels, result, y * target.width * channels, target.width);
  }
  return { ...target, channels, data: result };
}

function narrowLine(
  line: Float64Array,
  width: number,
  channels: number,
  into: Float64Array,
  at: number,
  target: number,
): void {
  const scale = width / target;
  for (let x = 0; x < target; x++) {
    const from = x * scale;
    const to = Math.min(width, from + scale);
    for (let column = Math.floor(from); column < to; column++) {
      const share = (Math.min(column + 1, to) - Math.max(column, from)) / scale;
      for (let c = 0; c < channels; c++) {
        const index = at + x * channels + c;
        into[index] = (into[index] as number) + share * (line[column * channels + c] as number);
      }
    }
  }
}

/** Luma by ITU-R 601 (.299, .587, .114) of a plane of three channels, not rounded. */
export function planeToGrey({ width, height, data }: Plane): Plane {
  const grey = new Float64Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) {
    grey[i] = 0.299 * (data[p] as number) + 0.587 * (data[p + 1] as number) + 0.114 * (data[p + 2] as number);
  }
  return { width, height, channels: 1, data: grey };
}
