import type { GenerationSummary } from "@loramill/contracts";
import type { useKeptUrls } from "../../api/kept-urls.ts";

/** Generations with the links by which their files were loaded first. */
export function keepFiles<Item extends Pick<GenerationSummary, "file">>(
  items: readonly Item[],
  keep: ReturnType<typeof useKeptUrls>["keep"],
): readonly Item[] {
  const files = keep(items.map(({ file }) => file));
  return items.map((item, at) => ({ ...item, file: { ...item.file, ...files[at] } }));
}
