import type { RgbImage } from "@loramill/contracts";

/** Three box blurs, close to a Gaussian with a standard deviation a little above `radius`. */
export function blurPicture(image: RgbImage, radius: number): RgbImage {
  let rgb: Uint8Array = image.rgb;
  for (let round = 0; round < 3; round++) {
    rgb = boxBlur(rgb, { lines: image.height, length: image.width, next: image.width, step: 1 }, radius);
    rgb = boxBlur(rgb, { lines: image.width, length: image.height, next: 1, step: image.width }, radius);
  }
  return { ...image, rgb };
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  /** Pixels from one line to the next, and from one pixel of a line to the next. */
  readonly next: number;
  readonly step: number;
}

function boxBlur(source: Uint8Array, { lines, length, next, step }: Lines, radius: number): Uint8Array {
  const result = new Uint8Array(source.length);
  for (let line = 0; line < lines; line++) {
    for (let c = 0; c < 3; c++) {
      const at = (place: number) => (line * next + Math.min(length - 1, Math.max(0, place)) * step) * 3 + c;
      let sum = 0;
      for (let place = -radius; place <= radius; place++) sum += source[at(place)] as number;
      for (let place = 0; place < length; place++) {
        result[at(place)] = Math.round(sum / (2 * radius + 1));
        sum += (source[at(place + radius + 1)] as number) - (source[at(place - radius)] as number);
      }
    }
  }
  return result;
}

/** By the mean of what each new pixel covers, rounded to whole pixels. */
export function scalePicture(image: RgbImage, scale: number): RgbImage {
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [left, top] = [Math.floor((x * image.width) / width), Math.floor((y * image.height) / height)];
      const right = Math.max(left + 1, Math.ceil(((x + 1) * image.width) / width));
      const bottom = Math.max(top + 1, Math.ceil(((y + 1) * image.height) / height));
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            sum += image.rgb[(row * image.width + column) * 3 + c] as number;
          }
        }
        rgb[(y * width + x) * 3 + c] = Math.round(sum / ((right - left) * (bottom - top)));
      }
    }
  }
  return { width, height, rgb };
}

export function mirrorPicture(image: RgbImage): RgbImage {
  const rgb = new Uint8Array(image.rgb.length);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const from = (y * image.width + x) * 3;
      rgb.set(image.rgb.subarray(from, from + 3), (y * image.width + image.width - 1 - x) * 3);
    }
  }
  return { ...image, rgb };
}

/** Multiplies all values, as another exposure would. */
export function exposePicture(image: RgbImage, factor: number): RgbImage {
  return { ...image, rgb: image.rgb.map((value) => Math.min(255, Math.round(value * factor))) };
}
