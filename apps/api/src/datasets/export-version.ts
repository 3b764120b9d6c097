import type { Readable } from "node:stream";
import type { DatasetManifest, Digest, ExportQuery, Stores } from "@loramill/contracts";
import { type ExportItem, exportFiles, packFiles } from "@loramill/datasets";
import { readCaptions, readImages } from "./read-images.ts";

/** A version as an archive in a trainer's layout, as a stream, and what the layout cannot say. */
export async function exportVersion(
  stores: Stores,
  manifest: DatasetManifest,
  query: ExportQuery,
  signal: AbortSignal,
): Promise<{ readonly stream: Readable; readonly warnings: readonly string[]; readonly readBy: string }> {
  const captions = query.captions === undefined ? null : await readCaptions(stores, query.captions);
  const items: ExportItem[] = [];
  for await (const image of readImages(stores, manifest, signal)) {
    const { path, prepared, caption, repeats } = image;
    items.push({
      path,
      blob: prepared.blob,
      width: prepared.width,
      height: prepared.height,
      caption: captions?.of(image) ?? caption?.text ?? null,
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

/** Side of a square of the area that most pictures have, in pixels. */
function usualResolution(sizes: Readonly<Record<string, number>>): number {
  const [most] = Object.entries(sizes).sort(([, a], [, b]) => b - a);
  const [width = 1024, height = 1024] = (most?.[0] ?? "").split("x").map(Number);
  return Math.round(Math.sqrt(width * height));
}
