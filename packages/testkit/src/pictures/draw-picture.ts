import type { RgbImage } from "@loramill/contracts";
import { seededRandom } from "./random.ts";

type Random = () => number;
type Colour = readonly [red: number, green: number, blue: number];

/**
 * Draws a picture like no other of another seed: a gradient, cloudy texture, a handful of hard-edged shapes, a little
 * grain. Equal arguments give equal pixels.
 */
export function drawPicture(seed: number, { width, height }: { width: number; height: number }): RgbImage {
  const random = seededRandom(seed);
  const values = new Float32Array(width * height * 3);
  drawGradient(values, random, width, height);
  for (const [cells, strength] of [
    [4, 36],
    [9, 18],
    [23, 12],
  ] as const) {
    addTexture(values, { width, height, cells, strength, random });
  }
  const shapes = 5 + Math.floor(random() * 5);
  for (let n = 0; n < shapes; n++) drawShape(values, random, width, height);
  // Rounds and clamps what it is given.
  const clamped = new Uint8ClampedArray(values.length);
  for (let at = 0; at < clamped.length; at += 3) {
    const grain = random() * 10 - 5;
    clamped[at] = (values[at] as number) + grain;
    clamped[at + 1] = (values[at + 1] as number) + grain;
    clamped[at + 2] = (values[at + 2] as number) + grain;
  }
  return { width, height, rgb: new Uint8Array(clamped.buffer) };
}

function drawGradient(values: Float32Array, random: Random, width: number, height: number): void {
  const [from, to] = [pickColour(random), pickColour(random)];
  const angle = random() * Math.PI * 2;
  const [along, across] = [Math.cos(angle) / width, Math.sin(angle) / height];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const share = Math.min(1, Math.max(0, 0.5 + (x - width / 2) * along + (y - height / 2) * across));
      for (let c = 0; c < 3; c++) values[at + c] = (from[c] as number) * (1 - share) + (to[c] as number) * share;
    }
  }
}

interface Octave {
  readonly width: number;
  readonly height: number;
  readonly cells: number;
  readonly strength: number;
  readonly random: Random;
}

/** Adds value noise: random numbers on a lattice of cells, blended between. */
function addTexture(values: Float32Array, { width, height, cells, strength, random }: Octave): void {
  const side = cells + 2;
  const lattice = Float32Array.from({ length: side * side }, () => (random() * 2 - 1) * strength);
  for (let y = 0, at = 0; y < height; y++) {
    const row = (y / height) * cells;
    const top = Math.floor(row);
    const down = row - top;
    for (let x = 0; x < width; x++, at += 3) {
      const column = (x / width) * cells;
      const left = Math.floor(column);
      const right = column - left;
      const corner = top * side + left;
      const above = (lattice[corner] as number) * (1 - right) + (lattice[corner + 1] as number) * right;
      const below = (lattice[corner + side] as number) * (1 - right) + (lattice[corner + side + 1] as number) * right;
      const value = above * (1 - down) + below * down;
      for (let c = 0; c < 3; c++) values[at + c] = (values[at + c] as number) + value;
    }
  }
}

/** A disc, a bar or a rhomb anywhere in the picture. */
function drawShape(values: Float32Array, random: Random, width: number, height: number): void {
  const [red, green, blue] = pickColour(random);
  const [x0, y0] = [random() * width, random() * height];
  const size = (0.08 + random() * 0.22) * Math.min(width, height);
  const kind = Math.floor(random() * 3);
  const angle = random() * Math.PI;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = size * 1.5;
  for (let y = Math.max(0, Math.floor(y0 - reach)); y < Math.min(height, y0 + reach); y++) {
    for (let x = Math.max(0, Math.floor(x0 - reach)); x < Math.min(width, x0 + reach); x++) {
      const u = Math.abs((x - x0) * cos + (y - y0) * sin);
      const v = Math.abs((y - y0) * cos - (x - x0) * sin);
      const isInside =
        kind === 0 ? u * u + v * v < size * size : kind === 1 ? u < size && v < size * 0.6 : u + v < size;
      if (!isInside) continue;
      const at = (y * width + x) * 3;
      values[at] = red;
      values[at + 1] = green;
      values[at + 2] = blue;
    }
  }
}

function pickColour(random: Random): Colour {
  return [random() * 235 + 10, random() * 235 + 10, random() * 235 + 10];
}
