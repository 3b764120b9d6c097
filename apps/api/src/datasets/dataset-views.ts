import type { LibraryDataset } from "@loramill/catalog";
import type { DatasetManifest, DatasetSummary, DatasetView, Digest } from "@loramill/contracts";

export function toDatasetSummary({ digest, name, version, images, run, createdAt }: LibraryDataset): DatasetSummary {
  return { digest, name, version, images, run: run === "" ? null : run, createdAt: new Date(createdAt).toISOString() };
}

export function toDatasetView(digest: Digest, manifest: DatasetManifest): DatasetView {
  const { name, content, parent, statistics, gates, dropped, refused } = manifest;
  return {
    digest,
    name,
    content: content ?? null,
    parent: parent ?? null,
    statistics,
    gates: [...gates],
    dropped: dropped.length,
    refused: refused.length,
  };
}
