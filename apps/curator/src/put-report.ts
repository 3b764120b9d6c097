import {
  type BlobRef,
  type DatasetManifest,
  type Digest,
  type Drop,
  type JobContext,
  mapBounded,
  type PreparedImage,
} from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { renderDatasetReport } from "./dataset-report.ts";
import type { CuratorDeps } from "./deps.ts";
import { type ReportPicture, type ReportThresholds, toReportPicture } from "./report-distributions.ts";
import { pathsOf, planReport } from "./report-plan.ts";

/** Longer side of a picture in the report, in pixels. */
const SIDE = 176;

/** What the page needs besides the pictures. */
interface Judged {
  readonly manifest: DatasetManifest;
  readonly warned: readonly Drop[];
  readonly thresholds: ReportThresholds;
}

/** Collects what the report says of the pictures while they pass by, and writes it. */
export function createReport(): {
  add(image: PreparedImage, kept: boolean): void;
  put(judged: Judged, deps: CuratorDeps, ctx: JobContext): Promise<Digest>;
} {
  const pictures: ReportPicture[] = [];
  const blobs = new Map<string, BlobRef>();
  return {
    add(image, kept) {
      pictures.push(toReportPicture(image, kept));
      blobs.set(image.path, image.prepared.blob);
    },
    async put({ manifest, warned, thresholds }, { stores, concurrency }, { signal }) {
      const kept = pictures.filter((one) => one.kept).map(({ path }) => path);
      const thumbnails = new Map<string, string>();
      await mapBounded(pathsOf(planReport(manifest, kept, warned)), concurrency, async (path) => {
        signal.throwIfAborted();
        const blob = blobs.get(path);
        if (blob === undefined) return;
        const size = { width: SIDE, height: SIDE, fit: "inside" } as const;
        const image = await readRgb(await stores.blobs.read(blob, { signal }), { size });
        const jpeg = await encodeImage(image, "jpeg", { quality: 80 });
        thumbnails.set(path, `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`);
      });
      const page = renderDatasetReport({ manifest, pictures, warned, thumbnails, thresholds });
      const html = new TextEncoder().encode(page);
      return (await stores.blobs.put(html, { mediaType: "text/html; charset=utf-8", bytes: html.length, signal }))
        .sha256;
    },
  };
}
