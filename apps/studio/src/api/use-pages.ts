import { type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface Pages<Item>
  extends Pick<UseInfiniteQueryResult, "error" | "isPending" | "hasNextPage" | "isFetchNextPageError"> {
  /** Of all pages that were fetched. */
  readonly items: readonly Item[];
  readonly isFetchingMore: boolean;
  more(): void;
}

/** A list of the API that comes page by page. `key` names what is asked, with all that it is asked by. */
export function usePages<Item>(options: {
  readonly key: readonly unknown[];
  readonly fetch: (page: { cursor?: string; signal: AbortSignal }) => Promise<Page<Item>>;
  /** How often the pages are fetched again; left out: never. */
  readonly everyMs?: number;
}): Pages<Item> {
  const query = useInfiniteQuery({
    queryKey: options.key,
    queryFn: ({ pageParam, signal }) => options.fetch({ ...(pageParam ? { cursor: pageParam } : {}), signal }),
    initialPageParam: "",
    getNextPageParam: (page: Page<Item>) => page.next,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    error: query.error,
    isPending: query.isPending,
    hasNextPage: query.hasNextPage,
    isFetchNextPageError: query.isFetchNextPageError,
    isFetchingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
  };
}
