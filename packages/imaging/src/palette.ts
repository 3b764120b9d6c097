import type { ContentFacts } from "@loramill/contracts";
import type { Plane, Window } from "./raster.ts";

/** Colours are found in at most this many columns and rows. */
const SIDE = 32;
const COLOURS = 5;
const ROUNDS = 8;
/** Squared distance in RGB below which two colours look alike. */
const ALIKE = 40 ** 2;

type Palette = Pick<ContentFacts, "palette" | "background">;

/** Up to five dominant colours by k-means from a fixed start, and the colour of the border where it has one. */
export function findColours(picture: Plane, window: Window): Palette {
  const width = Math.max(1, Math.min(SIDE, window.width));
  const height = Math.max(1, Math.min(SIDE, window.height));
  const pixels = new Float64Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = window.top + Math.floor(((y + 0.5) * window.height) / height);
    for (let x = 0; x < width; x++, to += 3) {
      const from = (row * picture.width + window.left + Math.floor(((x + 0.5) * window.width) / width)) * 3;
      for (let c = 0; c < 3; c++) pixels[to + c] = picture.data[from + c] as number;
    }
  }
  const every = Array.from({ length: width * height }, (_, at) => at);
  const border = every.filter((at) => {
    const x = at % width;
    const y = Math.floor(at / width);
    return x < 2 || y < 2 || x >= width - 2 || y >= height - 2;
  });
  const palette = cluster(pixels, every, COLOURS);
  const edge = cluster(pixels, border, 3)[0];
  return {
    palette: palette.map(toEntry),
    background: edge !== undefined && edge.share >= 0.6 ? toEntry(edge) : null,
  };
}

type Colour = readonly [number, number, number];

interface Cluster {
  readonly mean: Colour;
  readonly share: number;
}

function toEntry({ mean, share }: Cluster): { rgb: string; share: number } {
  const hex = mean.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
  return { rgb: `#${hex}`, share: Number(share.toFixed(3)) };
}

/** Seeds: the mean, then always the pixel farthest from all seeds; alike clusters are merged in the end. */
function cluster(pixels: Float64Array, members: readonly number[], count: number): Cluster[] {
  const seeds: Colour[] = spreadSeeds(pixels, members, count);
  let sums = new Float64Array(0);
  for (let round = 0; round < ROUNDS; round++) {
    sums = new Float64Array(seeds.length * 4);
    for (const at of members) {
      const best = nearest(pixels, at, seeds).index * 4;
      for (let c = 0; c < 3; c++) sums[best + c] = (sums[best + c] as number) + (pixels[at * 3 + c] as number);
      sums[best + 3] = (sums[best + 3] as number) + 1;
    }
    seeds.forEach((_, index) => {
      const [red, green, blue, n] = sums.subarray(index * 4, index * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      if (n > 0) seeds[index] = [red / n, green / n, blue / n];
    });
  }
  return mergeAlike(
    seeds
      .map((mean, index) => ({ mean, share: (sums[index * 4 + 3] as number) / members.length }))
      .filter(({ share }) => share > 0),
  );
}

function spreadSeeds(pixels: Float64Array, members: readonly number[], count: number): Colour[] {
  const seeds: Colour[] = [];
  const first = members[0] ?? 0;
  let next = first;
  for (let i = 0; i < count; i++) {
    seeds.push([pixels[next * 3] as number, pixels[next * 3 + 1] as number, pixels[next * 3 + 2] as number]);
    let farthest = ALIKE / 4;
    const before = next;
    for (const at of members) {
      const { distance } = nearest(pixels, at, seeds);
      if (distance > farthest) {
        farthest = distance;
        next = at;
      }
    }
    if (next === before) break;
  }
  return seeds;
}

function nearest(pixels: Float64Array, at: number, seeds: readonly Colour[]): { index: number; distance: number } {
  let index = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 0; i < seeds.length; i++) {
    const seed = seeds[i] as Colour;
    const red = (pixels[at * 3] as number) - seed[0];
    const green = (pixels[at * 3 + 1] as number) - seed[1];
    const blue = (pixels[at * 3 + 2] as number) - seed[2];
    const d = red * red + green * green + blue * blue;
    if (d < distance) {
      distance = d;
      index = i;
    }
  }
  return { index, distance };
}

function mergeAlike(clusters: readonly Cluster[]): Cluster[] {
  const merged: Cluster[] = [];
  for (const one of clusters.toSorted((a, b) => b.share - a.share)) {
    const at = merged.findIndex((other) => distanceOf(one.mean, other.mean) < ALIKE);
    const other = merged[at];
    if (other === undefined) {
      merged.push(one);
      continue;
    }
    const share = one.share + other.share;
    const mean = other.mean.map((value, c) => (value * other.share + (one.mean[c] as number) * one.share) / share);
    merged[at] = { mean: mean as unknown as Colour, share };
  }
  return merged.sort((a, b) => b.share - a.share);
}

function distanceOf(a: Colour, b: Colour): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
