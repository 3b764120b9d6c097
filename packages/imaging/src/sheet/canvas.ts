import type { RgbImage } from "@loramill/contracts";
import { LETTER, rowsOf } from "./letters.ts";

export type Ink = readonly [number, number, number];

/** A picture to draw on: rectangles, lines, other pictures, and text in a 5×7 pixel font, so that no font is needed. */
export interface Canvas extends RgbImage {
  fill(left: number, top: number, width: number, height: number, ink: Ink): void;
  /** Copies a picture, each of its pixels as a square of `scale` pixels. */
  place(image: RgbImage, left: number, top: number, scale: number): void;
  line(fromX: number, fromY: number, toX: number, toY: number, ink: Ink): void;
  write(text: string, left: number, top: number, ink: Ink, scale?: number): void;
}

/** What is drawn outside of the canvas is cut off. */
export function createCanvas(width: number, height: number, paper: Ink): Canvas {
  const rgb = new Uint8Array(width * height * 3);
  const fill: Canvas["fill"] = (left, top, wide, high, ink) => {
    const from = Math.max(0, left);
    const to = Math.min(width, left + wide);
    const above = Math.max(0, top);
    const below = Math.min(height, top + high);
    if (from >= to || above >= below) return;
    const first = (above * width + from) * 3;
    const end = (above * width + to) * 3;
    for (let at = first; at < end; at += 1) rgb[at] = ink[(at - first) % 3] as number;
    // One row is drawn, the others are copies of it.
    for (let y = above + 1; y < below; y += 1) rgb.copyWithin((y * width + from) * 3, first, end);
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
      for (const [place, letter] of [...text].entries()) {
        for (const [row, bits] of rowsOf(letter).entries()) {
          for (let column = 0; column < 5; column += 1) {
            if (((bits >> (4 - column)) & 1) === 0) continue;
            fill(left + (place * LETTER.width + column) * scale, top + row * scale, scale, scale, ink);
          }
        }
      }
    },
  };
}
