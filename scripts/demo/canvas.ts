import type { RgbImage } from "@loramill/contracts";

export type Ink = readonly [number, number, number];

/** A picture to draw on: rectangles, lines, other pictures, and text in a 5×7 pixel font, so that no font is needed. */
export interface Canvas extends RgbImage {
  fill(left: number, top: number, width: number, height: number, ink: Ink): void;
  /** Copies a picture, each of its pixels as a square of `scale` pixels. */
  place(image: RgbImage, left: number, top: number, scale: number): void;
  line(fromX: number, fromY: number, toX: number, toY: number, ink: Ink): void;
  write(text: string, left: number, top: number, ink: Ink, scale?: number): void;
}

/** Width of a letter with its gap, and height, in font pixels. */
export const LETTER = { width: 6, height: 7 } as const;

export function createCanvas(width: number, height: number, paper: Ink): Canvas {
  const rgb = new Uint8Array(width * height * 3);
  const dot = (x: number, y: number, ink: Ink) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    rgb.set(ink, (y * width + x) * 3);
  };
  const fill: Canvas["fill"] = (left, top, wide, high, ink) => {
    for (let y = top; y < top + high; y += 1) for (let x = left; x < left + wide; x += 1) dot(x, y, ink);
  };
  fill(0, 0, width, height, paper);
  return {
    width,
    height,
    rgb,
    fill,
    place(image, left, top, scale) {
      for (let y = 0; y < image.height; y += 1) {
        for (let x = 0; x < image.width; x += 1) {
          const from = (y * image.width + x) * 3;
          const ink = [image.rgb[from] ?? 0, image.rgb[from + 1] ?? 0, image.rgb[from + 2] ?? 0] as const;
          fill(left + x * scale, top + y * scale, scale, scale, ink);
        }
      }
    },
    line(fromX, fromY, toX, toY, ink) {
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))));
      for (let step = 0; step <= steps; step += 1) {
        const share = step / steps;
        fill(Math.round(fromX + (toX - fromX) * share), Math.round(fromY + (toY - fromY) * share), 2, 2, ink);
      }
    },
    write(text, left, top, ink, scale = 2) {
      for (const [place, letter] of [...text.toLowerCase()].entries()) {
        const rows = GLYPHS[letter] ?? GLYPHS[" "] ?? "";
        for (let row = 0; row < LETTER.height; row += 1) {
          const bits = Number.parseInt(rows.slice(row * 2, row * 2 + 2), 16);
          for (let column = 0; column < 5; column += 1) {
            if (((bits >> (4 - column)) & 1) === 0) continue;
            fill(left + (place * LETTER.width + column) * scale, top + row * scale, scale, scale, ink);
          }
        }
      }
    },
  };
}

/** Seven rows of five bits each, as two hex digits a row; drawn for this file. */
const GLYPHS: Readonly<Record<string, string>> = {
  " ": "00000000000000",
  "-": "0000001f000000",
  ".": "00000000000c0c",
  ",": "000000000c0408",
  ":": "000c0c000c0c00",
  "/": "01010204081010",
  "0": "0e11131519110e",
  "1": "040c040404040e",
  "2": "0e11010204081f",
  "3": "1f02040201110e",
  "4": "02060a121f0202",
  "5": "1f101e0101110e",
  "6": "0608101e11110e",
  "7": "1f010204080808",
  "8": "0e11110e11110e",
  "9": "0e11110f01020c",
  a: "0e11111f111111",
  b: "1e11111e11111e",
  c: "0e11101010110e",
  d: "1e11111111111e",
  e: "1f10101e10101f",
  f: "1f10101e101010",
  g: "0e11101711110e",
  h: "1111111f111111",
  i: "0e04040404040e",
  j: "0702020202120c",
  k: "11121418141211",
  l: "1010101010101f",
  m: "111b1515111111",
  n: "11191513111111",
  o: "0e11111111110e",
  p: "1e11111e101010",
  q: "0e11111115120d",
  r: "1e11111e141211",
  s: "0f10100e01011e",
  t: "1f040404040404",
  u: "1111111111110e",
  v: "11111111110a04",
  w: "1111111515150a",
  x: "11110a040a1111",
  y: "11110a04040404",
  z: "1f01020408101f",
};
