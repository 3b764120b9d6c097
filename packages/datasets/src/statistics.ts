import type { DatasetStatistics, Drop, PreparedImage, Refusal } from "@loramill/contracts";

/** Batch sizes that the steps of an epoch are told for. */
const BATCH_SIZES = [1, 2, 4];

/** Counts the kept pictures while they are written; `finish` adds what was left out. */
export function createStatistics(): {
  add(image: PreparedImage): void;
  finish(dropped: readonly Drop[], refused: readonly Refusal[]): DatasetStatistics;
} {
  const buckets: Record<string, { images: number; shown: number }> = {};
  const formats: Record<string, number> = {};
  const total = { kept: 0, existing: 0, originalBytes: 0, preparedBytes: 0, shownPerEpoch: 0 };
  const seen = { files: new Set<string>(), pixels: new Set<string>(), phashes: new Set<string>() };
  const sharpness: number[] = [];
  return {
    add({ prepared, format, caption, original, repeats = 1, hashes, quality }) {
      total.kept += 1;
      total.shownPerEpoch += repeats;
      if (caption !== undefined) total.existing += 1;
      total.originalBytes += original.bytes;
      total.preparedBytes += prepared.blob.bytes;
      const size = `${prepared.width}x${prepared.height}`;
      const { images, shown } = buckets[size] ?? { images: 0, shown: 0 };
      buckets[size] = { images: images + 1, shown: shown + repeats };
      count(formats, format);
      seen.files.add(original.sha256);
      seen.pixels.add(hashes.pixels);
      seen.phashes.add(hashes.phash);
      sharpness.push(quality.sharpness);
    },
    finish(dropped, refused) {
      const reasons: Record<string, number> = {};
      for (const { code } of dropped) count(reasons, code);
      const { kept, existing, originalBytes, preparedBytes, shownPerEpoch } = total;
      const copies = dropped.filter(({ code }) => code === "duplicate-exact" || code === "duplicate-near");
      const spread = summarise(sharpness);
      return {
        found: kept + dropped.length + refused.length,
        kept,
        refused: refused.length,
        dropped: reasons,
        captions: { existing, coverage: kept === 0 ? 0 : existing / kept },
        sizes: Object.fromEntries(Object.entries(buckets).map(([size, { images }]) => [size, images])),
        formats,
        originalBytes,
        preparedBytes,
        shownPerEpoch,
        buckets,
        stepsPerEpoch: Object.fromEntries(BATCH_SIZES.map((batch) => [`${batch}`, countSteps(buckets, batch)])),
        duplicateGroups: new Set(copies.map(({ keptInstead }) => keptInstead)).size,
        unique: { files: seen.files.size, pixels: seen.pixels.size, phashes: seen.phashes.size },
        ...(spread === null ? {} : { sharpness: spread }),
      };
    },
  };
}

/** A batch holds pictures of one size, so each size ends with a batch of its own that may not be full. */
function countSteps(buckets: Readonly<Record<string, { shown: number }>>, batch: number): number {
  return Object.values(buckets).reduce((steps, { shown }) => steps + Math.ceil(shown / batch), 0);
}

/** Nearest ranks, four digits. */
function summarise(values: readonly number[]): NonNullable<DatasetStatistics["sharpness"]> | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean: Number(mean.toFixed(4)), p5: rank(0.05), median: rank(0.5), p95: rank(0.95) };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
