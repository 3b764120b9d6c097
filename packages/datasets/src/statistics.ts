import type { DatasetStatistics, Drop, PreparedImage, Refusal } from "@loramill/contracts";

/** Counts the kept pictures while they are written; `finish` adds what was left out. */
export function createStatistics(): {
  add(image: PreparedImage): void;
  finish(dropped: readonly Drop[], refused: readonly Refusal[]): DatasetStatistics;
} {
  const sizes: Record<string, number> = {};
  const formats: Record<string, number> = {};
  const total = { kept: 0, existing: 0, originalBytes: 0, preparedBytes: 0, shownPerEpoch: 0 };
  return {
    add({ prepared, format, caption, original, repeats }) {
      total.kept += 1;
      total.shownPerEpoch += repeats ?? 1;
      if (caption !== undefined) total.existing += 1;
      total.originalBytes += original.bytes;
      total.preparedBytes += prepared.blob.bytes;
      count(sizes, `${prepared.width}x${prepared.height}`);
      count(formats, format);
    },
    finish(dropped, refused) {
      const reasons: Record<string, number> = {};
      for (const { code } of dropped) count(reasons, code);
      const { kept, existing, originalBytes, preparedBytes, shownPerEpoch } = total;
      return {
        found: kept + dropped.length + refused.length,
        kept,
        refused: refused.length,
        dropped: reasons,
        captions: { existing, coverage: kept === 0 ? 0 : existing / kept },
        sizes,
        formats,
        originalBytes,
        preparedBytes,
        shownPerEpoch,
      };
    },
  };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
