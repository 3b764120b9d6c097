import type { ImageHashes } from "@loramill/contracts";
import { distanceBetween, packHashes } from "./hamming.ts";
import { MIN_PDQ_QUALITY, PDQ_DISTANCE, pdqDistance } from "./pdq.ts";
import { alignSignatures, mirrorSignature, readSignature, type Signature } from "./signature.ts";

/** How far the colours of a layout may be from those of the same picture, as a share of their own spread. */
const LAYOUT_TOLERANCE = 0.2;
/** The same where one picture is a crop of the other, so that the cells of the layouts do not quite meet. */
const CROPPED_TOLERANCE = 0.45;
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
/**
 * Correlation of two pictures laid over one another from which one is a part of the other. Measured on photographs:
 * crops of 5 % of each side reach 0.95 and more, different photographs of one subject 0.87 at most.
 */
const SAME_SCENE = 0.92;
/** Of a crop at least this share of the area is cut off; less is the same picture. */
const WHOLE_SHARE = 0.97;

/** pHash bits within which a crop is looked for: a cut of 5 % of each side turns up to about 16. */
export const WIDE_DISTANCE = 15;

export interface Candidate {
  /** Bits in which the pHashes differ. */
  readonly bits: number;
  /** Whether the second picture was taken mirrored. */
  readonly mirrored: boolean;
}

/** Answers null for different pictures; `share` where one is cut from the other. */
export type Comparison = (a: number, b: number, how: Candidate) => { readonly share?: number } | null;

/**
 * Whether two pictures whose pHashes are near are the same: with pHashes within `nearDistance`, agreeing dHashes and
 * colours; or agreeing PDQ hashes and colours; or, with `crops`, when one laid over the other fits.
 */
export function createComparison(
  hashes: readonly ImageHashes[],
  { nearDistance, crops }: { readonly nearDistance: number; readonly crops: boolean },
): Comparison {
  const dhashes = packHashes(hashes.map(({ dhash }) => dhash));
  const turned = packHashes(hashes.map(({ dhash, dhashMirrored }) => dhashMirrored ?? dhash));
  const none = new Uint32Array(2);
  const bitsSet = hashes.map((_, at) => distanceBetween(dhashes, at, none, 0));
  const layouts = hashes.map(({ layout }) => (layout === undefined ? null : Buffer.from(layout, "hex")));

  const signatures: (Signature | null)[] = [];
  const signatureAt = (at: number): Signature | null => {
    const hex = hashes[at]?.signature;
    signatures[at] ??= hex === undefined ? null : readSignature(hex);
    return signatures[at] ?? null;
  };

  const haveAlikeSteps = (a: number, b: number, mirrored: boolean): boolean => {
    if (mirrored && hashes[b]?.dhashMirrored === undefined) return true;
    const set = (bitsSet[a] as number) + (bitsSet[b] as number);
    return distanceBetween(dhashes, a, mirrored ? turned : dhashes, b) <= DHASH_NOISE + DHASH_TOLERANCE * set;
  };
  const haveColours = (a: number, b: number, mirrored: boolean, tolerance: number): boolean => {
    const [one, other] = [layouts[a], layouts[b]];
    return !one || !other || haveSameColours(one, mirrored ? mirrorLayout(other) : other, tolerance);
  };
  return (a, b, { bits, mirrored }) => {
    const [one, other] = [hashes[a] as ImageHashes, hashes[b] as ImageHashes];
    if (bits <= nearDistance && haveAlikeSteps(a, b, mirrored) && haveColours(a, b, mirrored, LAYOUT_TOLERANCE)) {
      return {};
    }
    if (!crops || !haveColours(a, b, mirrored, CROPPED_TOLERANCE)) return null;
    if (havePdqNear(one, other, mirrored) && haveColours(a, b, mirrored, LAYOUT_TOLERANCE)) return {};
    return findCrop(signatureAt(a), signatureAt(b), mirrored);
  };
}

function havePdqNear(one: ImageHashes, other: ImageHashes, mirrored: boolean): boolean {
  const hash = mirrored ? other.pdqMirrored : other.pdq;
  if (one.pdq === undefined || hash === undefined) return false;
  if (Math.min(one.pdqQuality ?? 0, other.pdqQuality ?? 0) < MIN_PDQ_QUALITY) return false;
  return pdqDistance(one.pdq, hash) <= PDQ_DISTANCE;
}

function findCrop(one: Signature | null, other: Signature | null, mirrored: boolean): { share?: number } | null {
  if (one === null || other === null) return null;
  const { similarity, share } = alignSignatures(one, mirrored ? mirrorSignature(other) : other);
  if (similarity < SAME_SCENE) return null;
  return share > WHOLE_SHARE ? {} : { share: Number(share.toFixed(2)) };
}

/** Compares two 4x4 layouts, apart from their exposure, with what the first one's colours vary. */
function haveSameColours(a: Uint8Array, b: Uint8Array, tolerance: number): boolean {
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
  return Math.sqrt(off / a.length) <= LAYOUT_NOISE + tolerance * Math.sqrt(spread / a.length);
}

function mirrorLayout(layout: Uint8Array): Uint8Array {
  return Uint8Array.from(layout, (_, at) => {
    const cell = Math.floor(at / 3);
    return layout[((cell & ~3) + 3 - (cell & 3)) * 3 + (at % 3)] as number;
  });
}
