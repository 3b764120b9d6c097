import { type DatasetOverlap, type Digest, nearIndexKey, type PreparedImage, type Stores } from "@loramill/contracts";
import { compareHashes, createNearIndex, type NearIndex, readNearIndex } from "@loramill/imaging";
import { readImages } from "./read-images.ts";

/** Another version to compare with. */
export interface Neighbouring {
  readonly digest: Digest;
  readonly name: string;
}

/** Pictures that one picture turns up near at most; more say nothing more. */
const MOST_LIKE = 8;

/**
 * The pictures of a version that other versions hold too: the same file, a look-alike, a mirror image. Every version has
 * an index of its pictures' hashes in the store, written once when it is first asked for, so that a picture costs a lookup
 * in each and no other picture is read but those that are near.
 */
export async function findOverlaps(
  stores: Stores,
  dataset: Digest,
  others: readonly Neighbouring[],
  options: { readonly nearDistance: number; readonly signal: AbortSignal },
): Promise<DatasetOverlap[]> {
  const { nearDistance, signal } = options;
  const manifest = await stores.documents.get("dataset", dataset);
  const images = await Array.fromAsync(readImages(stores, manifest, signal));
  const found: DatasetOverlap[] = [];
  for (const other of others) {
    signal.throwIfAborted();
    const { parts } = await stores.documents.get("dataset", other.digest);
    const index = await openIndex(stores, other.digest, signal);
    const pictureAt = readerOf(stores, parts);
    for (const image of images) {
      const { phash, phashMirrored } = image.hashes;
      const near = [phash, phashMirrored].flatMap((hash) => index.near(hash, nearDistance));
      near.sort((a, b) => a.distance - b.distance || a.at - b.at);
      for (const { at } of near.slice(0, MOST_LIKE)) {
        const like = await pictureAt(at);
        if (like === undefined) continue;
        const likeness = compareHashes(image.hashes, like.hashes, { nearDistance, crops: false });
        if (likeness === null) continue;
        const { distance, mirrored } = likeness;
        const isSame = like.original.sha256 === image.original.sha256;
        found.push({
          path: image.path,
          dataset: other.name,
          digest: other.digest,
          like: like.path,
          isSame,
          distance,
          mirrored,
        });
        break;
      }
    }
  }
  return found;
}

/** The index of a version's hashes, in the order of its pictures. */
async function openIndex(stores: Stores, dataset: Digest, signal: AbortSignal): Promise<NearIndex> {
  const key = nearIndexKey(dataset);
  if ((await stores.objects.head(key)) !== null) {
    const { body } = await stores.objects.get(key, { signal });
    return readNearIndex(Buffer.concat(await Array.fromAsync(body)));
  }
  const index = createNearIndex();
  const manifest = await stores.documents.get("dataset", dataset);
  for await (const { hashes } of readImages(stores, manifest, signal)) index.add(hashes.phash);
  await stores.objects.put(key, index.toBytes());
  return index;
}

/** Reads single pictures of a version; each part once. Parts are full but for the last one, of derived versions too. */
function readerOf(stores: Stores, parts: readonly Digest[]): (at: number) => Promise<PreparedImage | undefined> {
  const read = new Map<Digest, Promise<readonly PreparedImage[]>>();
  const imagesOf = async (part: Digest | undefined) => {
    if (part === undefined) return [];
    const images = read.get(part) ?? stores.documents.get("dataset-part", part).then((one) => one.images);
    read.set(part, images);
    return images;
  };
  return async (at) => {
    const perPart = Math.max(1, (await imagesOf(parts[0])).length);
    return (await imagesOf(parts[Math.floor(at / perPart)]))[at % perPart];
  };
}
