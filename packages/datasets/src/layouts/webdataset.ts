import type { ExportFile, ExportLayout } from "../export-item.ts";

/**
 * WebDataset: the files of a sample follow one another and share a key, the name up to the first dot. The shards of an
 * export are folders here and tars when it is packed; see `packTar`.
 */
export const webdatasetLayout: ExportLayout = {
  readBy: "webdataset, img2dataset's readers; a sample is <key>.png, <key>.txt, <key>.json",
  warnings: () => [],
  *files(items): Generator<ExportFile> {
    for (const { stem, extension, blob, caption, repeats, width, height } of items) {
      yield { path: `${stem}.${extension}`, blob };
      if (caption !== null) yield { path: `${stem}.txt`, text: caption };
      const facts = { width, height, ...(caption === null ? {} : { caption }), ...(repeats === 1 ? {} : { repeats }) };
      yield { path: `${stem}.json`, text: JSON.stringify(facts) };
    }
  },
};
