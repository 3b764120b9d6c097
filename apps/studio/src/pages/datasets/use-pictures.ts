import type { DatasetImageView } from "@loramill/contracts";
import { useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";
import { type Pages, usePages } from "../../api/use-pages.ts";

export interface PictureFilter {
  readonly captioned?: boolean;
  readonly text?: string;
}

export interface ShownPicture extends DatasetImageView {
  readonly url: string;
  readonly thumbnailUrl: string;
}

export interface Pictures extends Omit<Pages<ShownPicture>, "items"> {
  readonly items: readonly ShownPicture[];
  /** Gets links that work again. */
  renew(): void;
}

/** Pictures of a version with their links, which stay the same for the same picture through every change. */
export function usePictures(dataset: string, filter: PictureFilter): Pictures {
  const client = useClient();
  const queries = useQueryClient();
  const large = useKeptUrls();
  const small = useKeptUrls();
  const key = ["datasets", "pictures", dataset, filter];
  const pages = usePages({
    key,
    fetch: (page) => client.datasets.images(dataset, { ...page, ...filter, urls: true }),
  });
  const smalls = small.keep(
    pages.items.map(({ prepared, thumbnailUrl, url }) => ({ digest: prepared, url: thumbnailUrl ?? url ?? "" })),
  );
  const larges = large.keep(pages.items.map(({ prepared, url }) => ({ digest: prepared, url: url ?? "" })));
  const items = pages.items.map((image, at) => ({
    ...image,
    url: larges[at]?.url ?? "",
    thumbnailUrl: smalls[at]?.url ?? "",
  }));
  return {
    ...pages,
    items,
    renew: () => {
      large.forget();
      small.forget();
      void queries.invalidateQueries({ queryKey: key });
    },
  };
}
