import type { DatasetLayout } from "@loramill/contracts";
import type { ExportFile, ExportItem, ExportSettings } from "./export-item.ts";
import { nameItems } from "./item-names.ts";
import { exportLayouts } from "./layouts/index.ts";

/** The files of a dataset in a layout, and what the layout cannot say, in sentences. */
export function exportFiles(
  layout: DatasetLayout,
  items: readonly ExportItem[],
  settings: ExportSettings,
): { readonly files: Iterable<ExportFile>; readonly warnings: readonly string[]; readonly readBy: string } {
  const { files, warnings, readBy } = exportLayouts[layout];
  const named = nameItems(items);
  return { files: files(named, settings), warnings: warnings(named), readBy };
}
