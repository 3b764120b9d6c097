import {
  blobKey,
  type DatasetImagesQuery,
  type DatasetImageView,
  type DatasetManifest,
  ITEMS_PER_PART,
  type PreparedImage,
  type Stores,
} from "@loramill/contracts";
import type { z } from "zod";
import type { SignUrl } from "../sign-url.ts";
import type { createThumbnails } from "./thumbnails.ts";

type Query = z.output<typeof DatasetImagesQuery>;

/**
 * A page of the pictures that are asked for. The cursor is the place of a part: parts are read until one page is full, so
 * a page may have more than its limit, by less than a part.
 */
export async function listPictures(
  deps: {
    readonly stores: Stores;
    readonly signUrl: SignUrl;
    readonly thumbnails: ReturnType<typeof createThumbnails>;
  },
  manifest: DatasetManifest,
  query: Query,
  signal: AbortSignal,
): Promise<{ items: DatasetImageView[]; next: string | null }> {
  const images: PreparedImage[] = [];
  const most = Math.min(query.limit, ITEMS_PER_PART);
  let at = /^\d{1,9}$/.test(query.cursor ?? "0") ? Number(query.cursor ?? 0) : manifest.parts.length;
  for (; at < manifest.parts.length && images.length < most; at++) {
    signal.throwIfAborted();
    const part = await deps.stores.documents.get("dataset-part", manifest.parts[at] as string);
    images.push(...part.images.filter((image) => isWanted(image, query)));
  }
  const small = query.urls
    ? await deps.thumbnails(
        images.map(({ prepared: { blob, width, height } }) => ({ sha256: blob.sha256, width, height })),
        signal,
      )
    : null;
  const items = images.map(async (image) => ({
    ...toImageView(image),
    url: small && (await deps.signUrl(blobKey(image.prepared.blob.sha256))),
    thumbnailUrl: small?.get(image.prepared.blob.sha256) ?? null,
  }));
  return { items: await Promise.all(items), next: at < manifest.parts.length ? `${at}` : null };
}

function isWanted({ path, caption }: PreparedImage, { captioned, text }: Query): boolean {
  if (captioned !== undefined && captioned !== (caption !== undefined)) return false;
  if (text === undefined) return true;
  const words = text.toLowerCase();
  return path.toLowerCase().includes(words) || (caption?.text.toLowerCase().includes(words) ?? false);
}

function toImageView({ path, original, prepared, caption, ...image }: PreparedImage) {
  return {
    path,
    image: original.sha256,
    prepared: prepared.blob.sha256,
    width: prepared.width,
    height: prepared.height,
    caption: caption?.text ?? null,
    captionOrigin: caption?.origin ?? null,
    repeats: image.repeats ?? 1,
    quality: image.quality,
    bytes: prepared.blob.bytes,
    original: { width: image.width, height: image.height, bytes: original.bytes, format: image.format },
    faces: image.faces?.length ?? null,
  };
}
