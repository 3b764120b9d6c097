import { blobKey, type Clock, Digest, digestOf, mapBounded, type Stores, UserError } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import type { SignUrl } from "../sign-url.ts";

/** Longer side, in pixels: twice what a list shows, for screens with fine pixels. */
const SIDE = 320;
const QUALITY = 78;
/** Raised when the same picture would give another thumbnail. */
const VERSION = 1;
/** Pictures in memory at the same time. */
const AT_ONCE = 4;
/** An answer does not wait longer for pictures that were never drawn before. */
const DRAWING_MS = 700;

interface Sized {
  readonly sha256: Digest;
  /** In pixels, where it is known. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Small pictures for lists, made when they are first asked for and remembered in the store. Answers signed URLs by the
 * digest of the picture: null for one that cannot be decoded, none for one whose turn did not come in the time that an answer
 * has, which is drawn when it is asked for again. Pictures that are small already are their own thumbnails.
 */
export function createThumbnails({
  stores,
  signUrl,
  clock,
}: {
  readonly stores: Stores;
  readonly signUrl: SignUrl;
  readonly clock: Clock;
}) {
  async function thumbnailOf(
    { sha256, width, height }: Sized,
    { mayDraw, signal }: { readonly mayDraw: () => boolean; readonly signal: AbortSignal },
  ): Promise<string | null | undefined> {
    if (width !== undefined && height !== undefined && Math.max(width, height) <= SIDE) return signUrl(blobKey(sha256));
    const key = digestOf({ picture: sha256, side: SIDE, version: VERSION });
    const known = await stores.memos.find("thumbnail", key);
    if (known !== undefined) return known === null ? null : signUrl(blobKey(Digest.parse(known)));
    if (!mayDraw()) return undefined;
    const made = await draw(sha256, signal);
    await stores.memos.put("thumbnail", key, made);
    return made === null ? null : signUrl(blobKey(made));
  }

  async function draw(sha256: Digest, signal: AbortSignal): Promise<Digest | null> {
    try {
      const bytes = await stores.blobs.read({ sha256 }, { signal });
      const small = await readRgb(bytes, { size: { width: SIDE, height: SIDE, fit: "inside" } });
      const encoded = await encodeImage(small, "webp", { quality: QUALITY });
      return (await stores.blobs.put(encoded, { mediaType: "image/webp" })).sha256;
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }

  return async (pictures: readonly Sized[], signal: AbortSignal): Promise<ReadonlyMap<Digest, string | null>> => {
    const wanted = new Map(pictures.map((picture) => [picture.sha256, picture]));
    const urls = new Map<Digest, string | null>();
    const until = clock.now().getTime() + DRAWING_MS;
    const mayDraw = () => clock.now().getTime() <= until;
    await mapBounded(wanted.values(), AT_ONCE, async (picture) => {
      signal.throwIfAborted();
      const url = await thumbnailOf(picture, { mayDraw, signal });
      if (url !== undefined) urls.set(picture.sha256, url);
    });
    return urls;
  };
}
