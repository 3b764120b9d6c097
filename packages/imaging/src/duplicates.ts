import { setImmediate as breathe } from "node:timers/promises";
import type { ImageHashes } from "@loramill/contracts";
import { createComparison, WIDE_DISTANCE } from "./alike.ts";
import { createNearIndex } from "./near-index.ts";

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
  /** Only where one is cut from the other: the share of the larger one's area that the smaller one shows, 0..1. */
  readonly share?: number;
}

export interface DuplicateGroup {
  /** Index of the picture to keep. */
  readonly kept: number;
  readonly members: readonly Duplicate[];
}

/** Above so many pictures, crops are looked for only among those whose pHashes are near. */
const MAX_WIDE_SET = 50_000;
/** A pHash shared by more pictures than this is no reason to compare them all with one another. */
const MAX_SHARED = 512;
/** Comparisons of one picture with all others between two breaks for other work. */
const QUERIES_PER_BREAK = 1024;

/**
 * Finds pictures that are the same. The best picture of all (most pixels, then with a caption, sharper, lossless, less
 * compressed, then the shorter path) takes every picture that is a duplicate of it, then the best of the rest, and so
 * on: each member was compared with the one that is kept, and no chain of small differences joins two unlike pictures.
 * Near means pHashes (also of the mirrored picture) within `nearDistance` bits and agreeing colours, so that flat or alike
 * drawings are not taken for one another; null finds only equal files and pixels. With `crops`, pictures with signatures
 * are also near when one shows nearly all of the other (90 % of each side or more); in sets above 50,000 pictures only
 * while their pHashes are within `nearDistance`, because looking farther takes the square of their number. The result
 * depends on the set alone, not on its order.
 */
export async function groupDuplicates(
  images: readonly Comparable[],
  { nearDistance, crops = true }: { readonly nearDistance: number | null; readonly crops?: boolean },
): Promise<DuplicateGroup[]> {
  const order = images
    .map((_, index) => index)
    .sort((a, b) => compareQuality(images[a] as Comparable, images[b] as Comparable));
  const groups = new Map<number, Duplicate[]>();
  const distinct = joinExact(images, order, groups);
  if (nearDistance !== null) await joinNear(images, distinct, { nearDistance, crops }, groups);
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
  { nearDistance, crops }: { readonly nearDistance: number; readonly crops: boolean },
  groups: Map<number, Duplicate[]>,
): Promise<void> {
  const hashes = distinct.map((index) => (images[index] as Comparable).hashes);
  const wide = crops && distinct.length <= MAX_WIDE_SET && hashes.some(({ signature }) => signature !== undefined);
  const compare = createComparison(hashes, { nearDistance, crops });
  const common = findCommon(hashes);
  const index = createNearIndex();
  const numbers: number[] = [];
  hashes.forEach(({ phash }, at) => {
    if (common.has(phash)) return;
    index.add(phash);
    numbers.push(at);
  });
  const distance = wide ? Math.max(nearDistance, WIDE_DISTANCE) : nearDistance;
  const taken = new Uint8Array(distinct.length);
  const join = (best: number, found: readonly Found[]) => {
    const members = groups.get(distinct[best] as number);
    for (const { at, ...how } of found.toSorted((a, b) => a.at - b.at)) {
      const loser = distinct[at] as number;
      members?.push({ index: loser, kind: "near", ...how }, ...(groups.get(loser) ?? []));
      groups.delete(loser);
    }
  };
  const same = joinCommon(hashes, common, taken);
  for (const [best, found] of same) join(best, found);
  for (let best = 0; best < distinct.length; best++) {
    if (best % QUERIES_PER_BREAK === 0) await breathe();
    const { phash, phashMirrored } = hashes[best] as ImageHashes;
    if (taken[best] === 1 || common.has(phash)) continue;
    const found: Found[] = [];
    for (const mirrored of [false, true]) {
      for (const { at: number, distance: bits } of index.near(mirrored ? phashMirrored : phash, distance)) {
        const at = numbers[number] as number;
        if (at <= best || taken[at] === 1) continue;
        const likeness = compare(best, at, { bits, mirrored });
        if (likeness === null) continue;
        taken[at] = 1;
        found.push({ at, distance: bits, mirrored, ...likeness });
      }
    }
    join(best, found);
  }
}

type Found = Omit<Duplicate, "index" | "kind"> & { readonly at: number };

/** pHashes that so many pictures share that they say nothing: flat ones, all white ones. */
function findCommon(hashes: readonly ImageHashes[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { phash } of hashes) counts.set(phash, (counts.get(phash) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > MAX_SHARED).map(([phash]) => phash));
}

/** Of pictures whose pHash says nothing, only those that agree in all other hashes are the same. */
function joinCommon(
  hashes: readonly ImageHashes[],
  common: ReadonlySet<string>,
  taken: Uint8Array,
): ReadonlyMap<number, Found[]> {
  const first = new Map<string, number>();
  const joined = new Map<number, Found[]>();
  hashes.forEach(({ phash, dhash, layout, signature }, at) => {
    if (!common.has(phash)) return;
    const key = [phash, dhash, layout, signature].join(" ");
    const best = first.get(key);
    if (best === undefined) {
      first.set(key, at);
      joined.set(at, []);
      return;
    }
    taken[at] = 1;
    joined.get(best)?.push({ at, distance: 0, mirrored: false });
  });
  return joined;
}

/** A sentence on why a member was left out, to stand behind its path; `kept` is the path of the one that stays. */
export function describeDuplicate(
  { kind, distance, mirrored, share }: Duplicate,
  kept: string,
  nearDistance: number,
): string {
  if (kind !== "near") return `the same ${kind === "bytes" ? "file" : "picture"} as ${kept}`;
  const turned = mirrored ? ", mirrored" : "";
  if (share !== undefined)
    return `the same as ${kept}${turned}, but for a cut: one shows ${Math.round(share * 100)} % of the other`;
  const like = mirrored ? "mirrors" : "looks like";
  if (distance > nearDistance) return `${like} ${kept}: laid over one another they fit`;
  return `${like} ${kept}: ${distance} of 64 bits differ, up to ${nearDistance} count as the same`;
}
