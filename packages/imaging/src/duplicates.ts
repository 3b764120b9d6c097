import { setImmediate as breathe } from "node:timers/promises";
import type { ImageHashes } from "@loramill/contracts";
import { distanceBetween, packHashes } from "./hamming.ts";
import { buildHashIndex } from "./hash-index.ts";

/** What is compared of a picture; all of it is in the prepared picture's facts. */
export interface Comparable {
  readonly path: string;
  /** SHA-256 of the original file and of the prepared picture. */
  readonly original: string;
  readonly prepared: string;
  readonly hashes: ImageHashes;
  readonly width: number;
  readonly height: number;
  /** Of the original file: of equal pictures the less compressed one is better. */
  readonly bytes: number;
  readonly sharpness: number;
  /** Whether it came with a caption of its own: somebody's words are worth more than a little sharpness. */
  readonly captioned: boolean;
  /** Whether its format keeps every pixel. */
  readonly lossless: boolean;
}

export interface Duplicate {
  readonly index: number;
  /** `bytes`: the same file. `pixels`: the same picture in another file. `near`: looks the same. */
  readonly kind: "bytes" | "pixels" | "near";
  /** Bits of 64 between the perceptual hashes; 0 for the exact kinds. */
  readonly distance: number;
  readonly mirrored: boolean;
}

export interface DuplicateGroup {
  /** Index of the picture to keep. */
  readonly kept: number;
  readonly members: readonly Duplicate[];
}

/** How far the colours of a layout may be from those of the same picture, as a share of their own spread. */
const LAYOUT_TOLERANCE = 0.2;
/** The same in levels of 0..255, which rounding and compression cost. */
const LAYOUT_NOISE = 2.5;
/** Another exposure may brighten or darken a picture by this much. */
const MAX_GAIN = 1.3;
/**
 * dHash bits that may differ between two pictures whose pHashes are near, as a share of the bits that are set in both
 * together (chance gives half), and at least: plain drawings have few bits, and each of them says something.
 */
const DHASH_TOLERANCE = 0.3;
const DHASH_NOISE = 2;
/** Comparisons of one picture with all others between two breaks for other work. */
const QUERIES_PER_BREAK = 1024;

/**
 * Finds pictures that are the same. The best picture of all (most pixels, then with a caption, sharper, lossless, less
 * compressed, then the shorter path) takes every picture that is a duplicate of it, then the best of the rest, and so
 * on: each member was compared with the one that is kept, and no chain of small differences joins two unlike pictures.
 * Near means pHashes (also of the mirrored picture) within `nearDistance` bits and agreeing colours, so that flat or alike
 * drawings are not taken for one another; null finds only equal files and pixels. The result depends on the set alone,
 * not on its order.
 */
export async function groupDuplicates(
  images: readonly Comparable[],
  { nearDistance }: { readonly nearDistance: number | null },
): Promise<DuplicateGroup[]> {
  const order = images
    .map((_, index) => index)
    .sort((a, b) => compareQuality(images[a] as Comparable, images[b] as Comparable));
  const groups = new Map<number, Duplicate[]>();
  const distinct = joinExact(images, order, groups);
  if (nearDistance !== null) await joinNear(images, distinct, nearDistance, groups);
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([kept, members]) => ({ kept, members }))
    .sort((a, b) => compareText((images[a.kept] as Comparable).path, (images[b.kept] as Comparable).path));
}

/** Differences of sharpness below a fiftieth are noise of the encoder. */
const SHARPNESS_STEPS = 50;

/** Best first. */
function compareQuality(a: Comparable, b: Comparable): number {
  return (
    b.width * b.height - a.width * a.height ||
    Number(b.captioned) - Number(a.captioned) ||
    Math.round(b.sharpness * SHARPNESS_STEPS) - Math.round(a.sharpness * SHARPNESS_STEPS) ||
    Number(b.lossless) - Number(a.lossless) ||
    b.bytes - a.bytes ||
    a.path.length - b.path.length ||
    compareText(a.path, b.path)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Joins equal files and equal pixels to the best of them; answers the rest, best first. */
function joinExact(
  images: readonly Comparable[],
  order: readonly number[],
  groups: Map<number, Duplicate[]>,
): number[] {
  const byBytes = new Map<string, number>();
  const byPixels = new Map<string, number>();
  const distinct: number[] = [];
  for (const index of order) {
    const { original, prepared, hashes } = images[index] as Comparable;
    const pixels = `${hashes.pixels} ${prepared}`;
    const sameFile = byBytes.get(original);
    const kept = sameFile ?? byPixels.get(pixels);
    byBytes.set(original, kept ?? index);
    if (kept !== undefined) {
      const kind = sameFile === undefined ? "pixels" : "bytes";
      groups.get(kept)?.push({ index, kind, distance: 0, mirrored: false });
      continue;
    }
    byPixels.set(pixels, index);
    groups.set(index, []);
    distinct.push(index);
  }
  return distinct;
}

/** Joins look-alikes, with the exact copies of each, to the best of them. `distinct` is sorted best first. */
async function joinNear(
  images: readonly Comparable[],
  distinct: readonly number[],
  distance: number,
  groups: Map<number, Duplicate[]>,
): Promise<void> {
  const hashes = distinct.map((index) => (images[index] as Comparable).hashes);
  const upright = packHashes(hashes.map(({ phash }) => phash));
  const mirrored = packHashes(hashes.map(({ phashMirrored }) => phashMirrored));
  const isAlike = createColourCheck(hashes);
  const index = buildHashIndex(upright, distance);
  const taken = new Uint8Array(distinct.length);
  for (let best = 0; best < distinct.length; best++) {
    if (best % QUERIES_PER_BREAK === 0) await breathe();
    if (taken[best] === 1) continue;
    const found: (Omit<Duplicate, "index" | "kind"> & { at: number })[] = [];
    const look = (isMirrored: boolean) => (at: number, bits: number) => {
      if (at <= best || taken[at] === 1 || !isAlike(best, at, isMirrored)) return;
      taken[at] = 1;
      found.push({ at, distance: bits, mirrored: isMirrored });
    };
    index.near(upright, best, look(false));
    index.near(mirrored, best, look(true));
    const members = groups.get(distinct[best] as number);
    for (const { at, ...how } of found.sort((a, b) => a.at - b.at)) {
      const loser = distinct[at] as number;
      members?.push({ index: loser, kind: "near", ...how }, ...(groups.get(loser) ?? []));
      groups.delete(loser);
    }
  }
}

type ColourCheck = (a: number, b: number, mirrored: boolean) => boolean;

/** Whether two pictures whose pHashes are near agree in their colours and, when upright, in their dHashes. */
function createColourCheck(hashes: readonly ImageHashes[]): ColourCheck {
  const dhashes = packHashes(hashes.map(({ dhash }) => dhash));
  const none = new Uint32Array(2);
  const bits = hashes.map((_, at) => distanceBetween(dhashes, at, none, 0));
  const layouts = hashes.map(({ layout }) => (layout === undefined ? null : Buffer.from(layout, "hex")));
  return (a, b, mirrored) => {
    if (!mirrored) {
      const set = (bits[a] as number) + (bits[b] as number);
      if (distanceBetween(dhashes, a, dhashes, b) > DHASH_NOISE + DHASH_TOLERANCE * set) return false;
    }
    const [one, other] = [layouts[a], layouts[b]];
    return !one || !other || haveSameColours(one, mirrored ? mirrorLayout(other) : other);
  };
}

/** Compares two 4x4 layouts, apart from their exposure, with what the first one's colours vary. */
function haveSameColours(a: Uint8Array, b: Uint8Array): boolean {
  let ab = 0;
  let bb = 0;
  const sums = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] as number) * (b[i] as number);
    bb += (b[i] as number) ** 2;
    sums[i % 3] = (sums[i % 3] as number) + (a[i] as number);
  }
  const gain = bb === 0 ? 1 : Math.min(MAX_GAIN, Math.max(1 / MAX_GAIN, ab / bb));
  let off = 0;
  let spread = 0;
  for (let i = 0; i < a.length; i++) {
    off += ((a[i] as number) - gain * (b[i] as number)) ** 2;
    spread += ((a[i] as number) - (sums[i % 3] as number) / 16) ** 2;
  }
  return Math.sqrt(off / a.length) <= LAYOUT_NOISE + LAYOUT_TOLERANCE * Math.sqrt(spread / a.length);
}

function mirrorLayout(layout: Uint8Array): Uint8Array {
  return Uint8Array.from(layout, (_, at) => {
    const cell = Math.floor(at / 3);
    return layout[((cell & ~3) + 3 - (cell & 3)) * 3 + (at % 3)] as number;
  });
}
