import { type Digest, digestOf } from "./digest.ts";

/**
 * The pictures of a dataset as one file: their bytes one after another, each picture once, in ascending order of digests. Who knows
 * the pictures knows where each of them lies, so that the file needs no index; equal pictures make equal bytes, whatever they
 * are called and however they are captioned.
 */
export interface PicturePack {
  /** Names the set of pictures: known before their bytes are read, as the digest of the pack is not. */
  readonly pictures: Digest;
  readonly bytes: number;
  /** By picture, in the order of the file: its first byte and its length. */
  readonly places: ReadonlyMap<Digest, { readonly start: number; readonly bytes: number }>;
}

/** Where each picture of a set lies in their pack. */
export function layOutPack(pictures: Iterable<{ readonly sha256: Digest; readonly bytes: number }>): PicturePack {
  const sizes = new Map([...pictures].map(({ sha256, bytes }) => [sha256, bytes]));
  const inOrder = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
  const places = new Map<Digest, { start: number; bytes: number }>();
  let end = 0;
  for (const [sha256, bytes] of inOrder) {
    places.set(sha256, { start: end, bytes });
    end += bytes;
  }
  return { pictures: digestOf([...places.keys()]), bytes: end, places };
}

/** What a pack is called in a cache, which tells files by their digests. */
export const PACK_NAME = "pictures.pack";
