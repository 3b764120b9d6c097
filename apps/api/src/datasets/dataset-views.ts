import type { LibraryDataset } from "@loramill/catalog";
import {
  type DatasetManifest,
  DatasetStatistics,
  type DatasetSummary,
  type DatasetView,
  type Digest,
} from "@loramill/contracts";

export function toDatasetSummary(row: LibraryDataset): DatasetSummary {
  const { digest, name, version, images, run, createdAt } = row;
  const statistics = DatasetStatistics.safeParse(row.statistics).data;
  return {
    digest,
    name,
    version,
    images,
    captioned: statistics?.captions.existing ?? null,
    bytes: statistics?.preparedBytes ?? null,
    run: run === "" ? null : run,
    createdAt: new Date(createdAt).toISOString(),
  };
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
