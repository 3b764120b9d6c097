import type { Readable } from "node:stream";
import type { EditedCaption } from "@loramill/catalog";
import {
  type DatasetManifest,
  type DeriveRequest,
  type Digest,
  type ExportQuery,
  ITEMS_PER_PART,
  type PreparedImage,
  type Stores,
} from "@loramill/contracts";
import {
  createContentDigest,
  createStatistics,
  deriveImages,
  type ExportItem,
  exportFiles,
  packFiles,
} from "@loramill/datasets";

/** The pictures of a version, part by part. */
export async function* readImages(
  stores: Stores,
  manifest: DatasetManifest,
  signal?: AbortSignal,
): AsyncGenerator<PreparedImage> {
  for (const part of manifest.parts) {
    signal?.throwIfAborted();
    yield* (await stores.documents.get("dataset-part", part)).images;
  }
}

/**
 * Writes the new version and answers its digest and manifest, and the captions that are different because the change says
 * so; only documents are written, no picture is copied.
 */
export async function deriveVersion(
  stores: Stores,
  parent: Digest,
  change: DeriveRequest,
): Promise<{ readonly digest: Digest; readonly manifest: DatasetManifest; readonly edits: readonly EditedCaption[] }> {
  const { documents } = stores;
  const old = await documents.get("dataset", parent);
  const added: PreparedImage[] = [];
  for (const digest of change.add) {
    added.push(...(await Array.fromAsync(readImages(stores, await documents.get("dataset", digest)))));
  }
  const before = await Array.fromAsync(readImages(stores, old));
  const written = change.captionsOf === undefined ? {} : await captionsByPath(stores, change.captionsOf, before);
  const captions = { ...written, ...change.captions };
  const images = deriveImages(before, { ...change, captions }, added);
  const statistics = createStatistics();
  const content = createContentDigest();
  for (const image of images) {
    statistics.add(image);
    content.add(image);
  }
  const parts: Digest[] = [];
  for (let from = 0; from < images.length; from += ITEMS_PER_PART) {
    parts.push(await documents.put("dataset-part", { images: images.slice(from, from + ITEMS_PER_PART) }));
  }
  const manifest: DatasetManifest = {
    format: "loramill-dataset/1",
    name: change.name ?? old.name,
    parts,
    statistics: statistics.finish([], []),
    // Judged when a run is to train on it.
    gates: [],
    dropped: [],
    refused: [],
    content: content.finish(),
    parent,
  };
  const edits = editsOf(before, images, { named: change.captions, written });
  return { digest: await documents.put("dataset", manifest), manifest, edits };
}

/** Captions that were named, as far as they differ from what was there or what a captioner wrote; "" for one taken away. */
function editsOf(
  before: readonly PreparedImage[],
  after: readonly PreparedImage[],
  captions: {
    readonly named: Readonly<Record<string, string | null>>;
    readonly written: Readonly<Record<string, string>>;
  },
): EditedCaption[] {
  const old = new Map(before.map(({ path, caption }) => [path, captions.written[path] ?? caption?.text ?? ""]));
  return after.flatMap(({ path, original, caption }) => {
    const text = caption?.text ?? "";
    if (!Object.hasOwn(captions.named, path) || text === old.get(path)) return [];
    return [{ image: original.sha256, path, text }];
  });
}

/** A version as an archive in a trainer's layout, as a stream, and what the layout cannot say. */
export async function exportVersion(
  stores: Stores,
  manifest: DatasetManifest,
  query: ExportQuery,
  signal: AbortSignal,
): Promise<{ readonly stream: Readable; readonly warnings: readonly string[]; readonly readBy: string }> {
  const captions = query.captions === undefined ? null : await readCaptions(stores, query.captions);
  const items: ExportItem[] = [];
  for await (const { path, original, prepared, caption, repeats } of readImages(stores, manifest, signal)) {
    items.push({
      path,
      blob: prepared.blob,
      width: prepared.width,
      height: prepared.height,
      caption: captions?.get(`${original.sha256} ${path}`) ?? caption?.text ?? null,
      repeats: repeats ?? 1,
    });
  }
  const { files, ...said } = exportFiles(query.layout, items, {
    name: manifest.name,
    className: query.className ?? null,
    resolution: query.resolution ?? usualResolution(manifest.statistics.sizes),
    buckets: Object.keys(manifest.statistics.sizes).length > 1,
  });
  const open = async function* (blob: { readonly sha256: Digest }) {
    yield* (await stores.blobs.open(blob, { signal })).body;
  };
  return { stream: packFiles(query.archive, files, { open, signal }), ...said };
}

/** Those captions of a step that belong to pictures of the version. */
async function captionsByPath(
  stores: Stores,
  output: Digest,
  images: readonly PreparedImage[],
): Promise<Record<string, string>> {
  const captions = await readCaptions(stores, output);
  return Object.fromEntries(
    images.flatMap(({ path, original }) => {
      const text = captions.get(`${original.sha256} ${path}`);
      return text === undefined ? [] : [[path, text]];
    }),
  );
}

async function readCaptions(stores: Stores, output: Digest): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of (await stores.documents.get("parts", output)).parts) {
    const { captions } = await stores.documents.get("captions", part);
    for (const { image, path, text } of captions) found.set(`${image} ${path}`, text);
  }
  return found;
}

/** Side of a square of the area that most pictures have, in pixels. */
function usualResolution(sizes: Readonly<Record<string, number>>): number {
  const [most] = Object.entries(sizes).sort(([, a], [, b]) => b - a);
  const [width = 1024, height = 1024] = (most?.[0] ?? "").split("x").map(Number);
  return Math.round(Math.sqrt(width * height));
}
