import { blobKey, type DatasetManifest, type DatasetRemovalView, type Digest, type Stores } from "@loramill/contracts";
import type { SignUrl } from "../sign-url.ts";
import { readImages } from "./read-images.ts";
import type { createThumbnails } from "./thumbnails.ts";

type Removal = Omit<DatasetRemovalView, "thumbnailUrl" | "keptThumbnailUrl">;

/** A page of what a version left out, then of what could not be read; the cursor is how many came before it. */
export async function listRemovals(
  deps: {
    readonly stores: Stores;
    readonly signUrl: SignUrl;
    readonly thumbnails: ReturnType<typeof createThumbnails>;
  },
  manifest: DatasetManifest,
  query: { readonly cursor?: string | undefined; readonly limit: number },
  signal: AbortSignal,
): Promise<{ items: DatasetRemovalView[]; next: string | null }> {
  const all = removalsOf(manifest);
  const from = /^\d{1,9}$/.test(query.cursor ?? "0") ? Number(query.cursor ?? 0) : all.length;
  const items = all.slice(from, from + query.limit);
  const kept = await findOriginals(deps.stores, manifest, items, signal);
  const pictures = [...items.map(({ image }) => image), ...kept.values()].filter((sha256) => sha256 !== null);
  const urls = await deps.thumbnails(
    pictures.map((sha256) => ({ sha256 })),
    signal,
  );
  const urlOf = async (sha256: Digest | null | undefined): Promise<string | null> => {
    if (!sha256) return null;
    const url = urls.get(sha256);
    return url === undefined ? deps.signUrl(blobKey(sha256)) : url;
  };
  return {
    items: await Promise.all(
      items.map(async (item) => ({
        ...item,
        thumbnailUrl: await urlOf(item.image),
        keptThumbnailUrl: await urlOf(kept.get(item.keptInstead ?? "")),
      })),
    ),
    next: from + query.limit < all.length ? `${from + query.limit}` : null,
  };
}

function removalsOf({ dropped, refused }: DatasetManifest): Removal[] {
  const nothing = { image: null, score: null, threshold: null, keptInstead: null };
  return [
    ...dropped.map(({ path, original, code, message, score, threshold, keptInstead }) => ({
      path,
      image: original,
      code,
      message,
      score: score ?? null,
      threshold: threshold ?? null,
      keptInstead: keptInstead ?? null,
    })),
    ...refused.map(({ path, code, message }) => ({ ...nothing, path, code, message })),
  ];
}

/** Originals of the pictures that were kept in place of others, by path. */
async function findOriginals(
  stores: Stores,
  manifest: DatasetManifest,
  items: readonly Removal[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  const wanted = new Set(items.flatMap(({ keptInstead }) => keptInstead ?? []));
  const found = new Map<string, Digest>();
  if (wanted.size === 0) return found;
  for await (const { path, original } of readImages(stores, manifest, signal)) {
    if (wanted.has(path)) found.set(path, original.sha256);
  }
  return found;
}
