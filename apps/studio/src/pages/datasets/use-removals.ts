import type { DatasetRemovalView } from "@loramill/contracts";
import { useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";
import { type Pages, usePages } from "../../api/use-pages.ts";
import type { Dataset } from "./use-dataset.ts";

export interface Removals extends Pages<DatasetRemovalView> {
  /** Gets links that work again. */
  renew(): void;
}

/** What was left out when a run made the pictures that this version is of. */
export function useRemovals({ origin, view }: Dataset): Removals {
  const client = useClient();
  const queries = useQueryClient();
  const { keep, forget } = useKeptUrls();
  const made = origin?.digest ?? view.digest;
  const key = ["datasets", "removals", made];
  const pages = usePages({
    key,
    fetch: (page) => client.datasets.removals(`${view.name}@${made}`, { ...page, limit: 100 }),
  });
  const linked = (url: string | null, of: string | null) => ({ digest: of ?? "", url: url ?? "" });
  const removed = keep(pages.items.map(({ thumbnailUrl, image }) => linked(thumbnailUrl, image)));
  const instead = keep(pages.items.map(({ keptThumbnailUrl, keptInstead }) => linked(keptThumbnailUrl, keptInstead)));
  return {
    ...pages,
    items: pages.items.map((item, at) => ({
      ...item,
      thumbnailUrl: removed[at]?.url || null,
      keptThumbnailUrl: instead[at]?.url || null,
    })),
    renew: () => {
      forget();
      void queries.invalidateQueries({ queryKey: key });
    },
  };
}
