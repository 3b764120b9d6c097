import type { ContentFacts } from "@loramill/contracts";
import type { Plane, Window } from "./raster.ts";

/** Colours are found in at most this many columns and rows. */
const SIDE = 32;
const COLOURS = 5;
const ROUNDS = 6;
/** Squared distance in RGB below which two colours look alike. */
const ALIKE = 40 ** 2;
/** Share of the border that one colour must have to be called the background. */
const BACKGROUND_SHARE = 0.6;

type Colour = readonly [red: number, green: number, blue: number];

interface Cluster {
  readonly mean: Colour;
  readonly share: number;
}

/** Up to five dominant colours by k-means from a fixed start, and the colour of the border where it has one. */
export function findColours(picture: Plane, window: Window): Pick<ContentFacts, "palette" | "background"> {
  const width = Math.max(1, Math.min(SIDE, window.width));
  const height = Math.max(1, Math.min(SIDE, window.height));
  const all = new Uint32Array(width * height);
  const border = new Uint32Array(width * height);
  let bordering = 0;
  for (let y = 0; y < height; y++) {
    const row = window.top + Math.floor(((y + 0.5) * window.height) / height);
    for (let x = 0; x < width; x++) {
      const at = (row * picture.width + window.left + Math.floor(((x + 0.5) * window.width) / width)) * 3;
      all[y * width + x] = at;
      if (x < 2 || y < 2 || x >= width - 2 || y >= height - 2) border[bordering++] = at;
    }
  }
  const edge = cluster(picture.data, border.subarray(0, bordering), 3)[0];
  return {
    palette: cluster(picture.data, all, COLOURS).map(toEntry),
    background: edge !== undefined && edge.share >= BACKGROUND_SHARE ? toEntry(edge) : null,
  };
}

function toEntry({ mean, share }: Cluster): { rgb: string; share: number } {
  const hex = mean.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
  return { rgb: `#${hex}`, share: Number(share.toFixed(3)) };
}

/** k-means over the pixels that begin at `members`; alike clusters are merged in the end. Largest first. */
function cluster(data: Float64Array, members: Uint32Array, count: number): Cluster[] {
  const seeds = spreadSeeds(data, members, count);
  const found = seeds.length / 3;
  const sums = new Float64Array(found * 4);
  for (let round = 0; round < ROUNDS; round++) {
    sums.fill(0);
    for (const at of members) {
      const to = nearestSeed(data, at, seeds) * 4;
      for (let c = 0; c < 3; c++) sums[to + c] = (sums[to + c] as number) + (data[at + c] as number);
      sums[to + 3] = (sums[to + 3] as number) + 1;
    }
    for (let seed = 0; seed < found; seed++) {
      const n = sums[seed * 4 + 3] as number;
      for (let c = 0; c < 3 && n > 0; c++) seeds[seed * 3 + c] = (sums[seed * 4 + c] as number) / n;
    }
  }
  const clusters = Array.from({ length: found }, (_, seed) => ({
    mean: Array.from(seeds.subarray(seed * 3, seed * 3 + 3)) as unknown as Colour,
    share: (sums[seed * 4 + 3] as number) / members.length,
  }));
  return mergeAlike(clusters.filter(({ share }) => share > 0));
}

/** The first pixel, then always the pixel farthest from all before, as long as it is a new colour. */
function spreadSeeds(data: Float64Array, members: Uint32Array, count: number): Float64Array {
  const seeds = new Float64Array(count * 3);
  const distances = new Float64Array(members.length).fill(Number.POSITIVE_INFINITY);
  let next = members[0] ?? 0;
  for (let seed = 0; seed < count; seed++) {
    seeds.set(data.subarray(next, next + 3), seed * 3);
    let farthest = ALIKE / 4;
    const before = next;
    for (let i = 0; i < members.length; i++) {
      const at = members[i] as number;
      const distance = Math.min(distances[i] as number, squaredDistance(data, at, seeds, seed * 3));
      distances[i] = distance;
      if (distance > farthest) {
        farthest = distance;
        next = at;
      }
    }
    if (next === before) return seeds.slice(0, (seed + 1) * 3);
  }
  return seeds;
}

function nearestSeed(data: Float64Array, at: number, seeds: Float64Array): number {
  let nearest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let seed = 0; seed < seeds.length; seed += 3) {
    const distance = squaredDistance(data, at, seeds, seed);
    if (distance < smallest) {
      smallest = distance;
      nearest = seed;
    }
  }
  return nearest / 3;
}

function squaredDistance(a: Float64Array, atA: number, b: Float64Array, atB: number): number {
  const red = (a[atA] as number) - (b[atB] as number);
  const green = (a[atA + 1] as number) - (b[atB + 1] as number);
  const blue = (a[atA + 2] as number) - (b[atB + 2] as number);
  return red * red + green * green + blue * blue;
}

function mergeAlike(clusters: readonly Cluster[]): Cluster[] {
  const merged: Cluster[] = [];
  for (const one of clusters.toSorted((a, b) => b.share - a.share)) {
    const at = merged.findIndex(
      ({ mean }) => mean.reduce((sum, v, c) => sum + (v - (one.mean[c] as number)) ** 2, 0) < ALIKE,
    );
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
