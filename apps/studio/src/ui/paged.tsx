import { type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import type { Pages } from "../api/use-pages.ts";
import { Button } from "./button.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { SkeletonLines } from "./skeleton.tsx";

/** Begins to load what follows before its place is in the window, in pixels. */
const AHEAD = "1200px";

/** What comes page by page: while it comes, when it fails, when there is nothing (`empty`), and what is there so far. */
export function Paged<Item>({
  pages,
  empty,
  lines = 8,
  ahead = false,
  children,
}: {
  readonly pages: Pages<Item>;
  readonly empty: ReactNode;
  readonly lines?: number;
  /** What follows comes by itself as one nears the end; otherwise when it is asked for. */
  readonly ahead?: boolean;
  readonly children: (items: readonly Item[]) => ReactNode;
}) {
  if (pages.isPending) return <SkeletonLines lines={lines} />;
  if (pages.error && pages.items.length === 0) return <ProblemNotice error={pages.error} />;
  if (pages.items.length === 0) return empty;
  return (
    <div className="paged">
      {children(pages.items)}
      {pages.hasNextPage && <More pages={pages} ahead={ahead} />}
    </div>
  );
}

function More({ pages, ahead }: { readonly pages: Pages<unknown>; readonly ahead: boolean }) {
  const end = useRef<HTMLDivElement>(null);
  const near = useEffectEvent(pages.more);
  // What failed is asked for again by hand alone.
  const isWatching = ahead && !pages.isFetchingMore && !pages.isFetchNextPageError;
  useEffect(() => {
    if (!isWatching || end.current === null) return;
    const observer = new IntersectionObserver(([seen]) => seen?.isIntersecting && near(), { rootMargin: AHEAD });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isWatching]);
  return (
    <div className="more" ref={end}>
      {pages.isFetchNextPageError && <ProblemNotice error={pages.error} />}
      <Button busy={pages.isFetchingMore} onClick={pages.more}>
        Show more
      </Button>
    </div>
  );
}
