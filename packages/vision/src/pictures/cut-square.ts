import type { RgbImage } from "@loramill/contracts";

/** A square of a picture, in its pixels; it may reach beyond the picture. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** What lies beyond the picture, unless something else is asked for. */
const GREY = 128;

/**
 * The square at another size: each new pixel is the mean of the pixels that it covers, or lies between the four around its
 * middle where the square is enlarged.
 */
export function cutSquare(
  image: RgbImage,
  { left, top, side }: Square,
  target: number,
  beyond: number = GREY,
): Uint8Array {
  const scale = side / target;
  const samples = Math.max(1, Math.round(scale));
  const result = new Uint8Array(target * target * 3);
  const columns = samplePoints(left, scale, samples, target);
  const rows = samplePoints(top, scale, samples, target);
  const sum = new Float64Array(3);
  for (let y = 0, to = 0; y < target; y++) {
    for (let x = 0; x < target; x++, to += 3) {
      sum.fill(0);
      for (let j = 0; j < samples; j++) {
        for (let i = 0; i < samples; i++) {
          addPoint(image, columns[x * samples + i] as number, rows[y * samples + j] as number, beyond, sum);
        }
      }
      for (let channel = 0; channel < 3; channel++) {
        result[to + channel] = Math.round((sum[channel] as number) / (samples * samples));
      }
    }
  }
  return result;
}

/** Where a row of new pixels is sampled, in pixels of the picture; 0 is the middle of the first one. */
function samplePoints(start: number, scale: number, samples: number, target: number): Float64Array {
  const points = new Float64Array(target * samples);
  for (let at = 0; at < points.length; at++) points[at] = start + ((at + 0.5) / samples) * scale - 0.5;
  return points;
}

function addPoint({ width, height, rgb }: RgbImage, x: number, y: number, beyond: number, sum: Float64Array): void {
  if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) {
    for (let channel = 0; channel < 3; channel++) sum[channel] = (sum[channel] as number) + beyond;
    return;
  }
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const [u, v] = [Math.max(0, x - left), Math.max(0, y - top)];
  const corners = [(top * width + left) * 3, (top * width + right) * 3] as const;
  const below = [(bottom * width + left) * 3, (bottom * width + right) * 3] as const;
  for (let channel = 0; channel < 3; channel++) {
    const above = (rgb[corners[0] + channel] as number) * (1 - u) + (rgb[corners[1] + channel] as number) * u;
    const under = (rgb[below[0] + channel] as number) * (1 - u) + (rgb[below[1] + channel] as number) * u;
    sum[channel] = (sum[channel] as number) + above * (1 - v) + under * v;
  }
}

/** A copy no longer than `longest` on its longer side, each pixel the mean of a block of whole ones: always new memory. */
export function copySmaller(image: RgbImage, longest: number): RgbImage {
  const step = Math.ceil(Math.max(image.width, image.height) / longest);
  if (step <= 1) return { width: image.width, height: image.height, rgb: new Uint8Array(image.rgb) };
  const [width, height] = [Math.max(1, Math.floor(image.width / step)), Math.max(1, Math.floor(image.height / step))];
  const rgb = new Uint8Array(width * height * 3);
  const [across, down] = [Math.min(step, image.width), Math.min(step, image.height)];
  const count = across * down;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      let [red, green, blue] = [0, 0, 0];
      for (let j = 0; j < down; j++) {
        let from = ((y * step + j) * image.width + x * step) * 3;
        for (let i = 0; i < across; i++, from += 3) {
          red += image.rgb[from] as number;
          green += image.rgb[from + 1] as number;
          blue += image.rgb[from + 2] as number;
        }
      }
      rgb[to] = red / count;
      rgb[to + 1] = green / count;
      rgb[to + 2] = blue / count;
    }
  }
  return { width, height, rgb };
}
