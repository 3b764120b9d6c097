import type { ImageHashes } from "@loramill/contracts";
import { createComparison, WIDE_DISTANCE } from "./alike.ts";
import { distanceBetween, packHashes } from "./hamming.ts";
import { createNearIndex } from "./near-index.ts";

export interface LikenessSettings {
  /** Bits of 64 up to which pHashes are near. */
  readonly nearDistance: number;
  /** Whether a picture that shows 90 % of each side of another counts as the same. */
  readonly crops?: boolean;
}

export interface Likeness {
  /** Bits of 64 between the pHashes. */
  readonly distance: number;
  readonly mirrored: boolean;
  /** Only where one is cut from the other: the share of the larger one's area that the smaller one shows, 0..1. */
  readonly share?: number;
}

/** Whether two pictures are near duplicates, as `groupDuplicates` decides it; null where they are not. */
export function compareHashes(
  a: ImageHashes,
  b: ImageHashes,
  { nearDistance, crops = true }: LikenessSettings,
): Likeness | null {
  const compare = createComparison([a, b], { nearDistance, crops });
  const [upright, turned, other] = [packHashes([a.phash]), packHashes([a.phashMirrored]), packHashes([b.phash])];
  const farthest = crops ? Math.max(nearDistance, WIDE_DISTANCE) : nearDistance;
  for (const mirrored of [false, true]) {
    const distance = distanceBetween(mirrored ? turned : upright, 0, other, 0);
    const likeness = distance <= farthest ? compare(0, 1, { bits: distance, mirrored }) : null;
    if (likeness !== null) return { distance, mirrored, ...likeness };
  }
  return null;
}

export interface Leak extends Likeness {
  /** Places in the two lists. */
  readonly held: number;
  readonly trained: number;
}

/**
 * Finds the pictures of a held-out set that are trained on: for each of them the nearest picture of the training set
 * that is the same file, looks the same, mirrors it or is cut from it. A lookup each.
 */
export function findLeaks(
  trained: readonly ImageHashes[],
  heldOut: readonly ImageHashes[],
  settings: LikenessSettings,
): Leak[] {
  const index = createNearIndex();
  for (const { phash } of trained) index.add(phash);
  const farthest = (settings.crops ?? true) ? Math.max(settings.nearDistance, WIDE_DISTANCE) : settings.nearDistance;
  return heldOut.flatMap((hashes, held) => {
    const near = [hashes.phash, hashes.phashMirrored].flatMap((hash) => index.near(hash, farthest));
    for (const { at } of near.sort((a, b) => a.distance - b.distance || a.at - b.at)) {
      const likeness = compareHashes(hashes, trained[at] as ImageHashes, settings);
      if (likeness !== null) return [{ held, trained: at, ...likeness }];
    }
    return [];
  });
}
