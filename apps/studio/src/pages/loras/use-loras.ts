import { LoraFamily, LoraSource, type LoraSummary } from "@loramill/contracts";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { type Pages, usePages } from "../../api/use-pages.ts";
import { useSearchState } from "../../lib/use-search-state.ts";

export interface LoraSearch {
  readonly pages: Pages<LoraSummary>;
  readonly isDeleted: boolean;
  /** Whether anything limits what is shown. */
  readonly isFiltered: boolean;
}

/** The LoRAs that the address asks for: words, family, tag, rating, source, deleted ones. */
export function useLoras(): LoraSearch {
  const client = useClient();
  const [q] = useSearchState("q");
  const [family] = useSearchState("family");
  const [tags] = useSearchState("tag");
  const [rating] = useSearchState("rating");
  const [source] = useSearchState("source");
  const [deleted] = useSearchState("deleted");
  const told = LoraSource.safeParse(source);
  const query = {
    ...useProjectFilter(),
    ...(q ? { q } : {}),
    ...(LoraFamily.safeParse(family).success || family === "unknown" ? { family } : {}),
    ...(tags ? { tags } : {}),
    ...(rating ? { minRating: Number(rating) } : {}),
    ...(told.success ? { source: told.data } : {}),
    ...(deleted ? { deleted: "true" } : {}),
  };
  const pages = usePages({
    key: ["loras", query],
    fetch: (page) => client.loras.list({ ...page, ...query, limit: 48 }),
  });
  const isFiltered = [q, family, tags, rating, source].some(Boolean);
  return { pages, isFiltered, isDeleted: deleted !== "" };
}
