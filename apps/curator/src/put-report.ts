import type { BlobRef, DatasetManifest, Digest, JobContext, PreparedImage } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { type ReportPicture, renderDatasetReport } from "./dataset-report.ts";
import type { CuratorDeps } from "./deps.ts";
import { mapBounded } from "./map-bounded.ts";

/** Pictures shown in the report, and their size in pixels. */
const SHOWN = 48;
const SIDE = 128;

/** Collects what the report says of the kept pictures while they pass by, and writes it. */
export function createReport(): {
  add(image: PreparedImage): void;
  put(manifest: DatasetManifest, deps: CuratorDeps, ctx: JobContext): Promise<Digest>;
} {
  const pictures: Omit<ReportPicture, "thumbnail">[] = [];
  const shown: BlobRef[] = [];
  return {
    add({ path, format, quality, caption, prepared }) {
      pictures.push({ path, format, sharpness: quality.sharpness, caption: caption?.text ?? null });
      if (shown.length < SHOWN) shown.push(prepared.blob);
    },
    async put(manifest, { stores, concurrency }, { signal }) {
      const thumbnails = await mapBounded(shown, concurrency, async (blob) => {
        const size = { width: SIDE, height: SIDE, fit: "inside" } as const;
        const image = await readRgb(await stores.blobs.read(blob, { signal }), { size });
        const jpeg = await encodeImage(image, "jpeg", { quality: 80 });
        return `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`;
      });
      const all = pictures.map((picture, at) => ({ ...picture, thumbnail: thumbnails[at] ?? null }));
      const html = new TextEncoder().encode(renderDatasetReport(manifest, all));
      return (await stores.blobs.put(html, { mediaType: "text/html; charset=utf-8", bytes: html.length, signal }))
        .sha256;
    },
  };
}
