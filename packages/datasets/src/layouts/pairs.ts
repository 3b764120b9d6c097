import type { ExportFile, NamedItem } from "../export-item.ts";

/** Each picture with its caption beside it as `<stem>.txt`; pictures without a caption stand alone. */
export function* writePairs(items: readonly NamedItem[], folder = ""): Generator<ExportFile> {
  for (const { stem, extension, blob, caption } of items) {
    yield { path: `${folder}${stem}.${extension}`, blob };
    if (caption !== null) yield { path: `${folder}${stem}.txt`, text: `${caption}\n` };
  }
}

/** Items by how often an epoch shows them, in order of the first of each. */
export function groupByRepeats(items: readonly NamedItem[]): Map<number, NamedItem[]> {
  return Map.groupBy(items, ({ repeats }) => repeats);
}

export function warnOfRepeats(items: readonly NamedItem[], layout: string): string[] {
  const repeated = items.filter(({ repeats }) => repeats > 1).length;
  if (repeated === 0) return [];
  return [`${repeated} pictures are shown more than once an epoch, which ${layout} cannot say in its files`];
}
