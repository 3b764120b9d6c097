import { useCallback, useRef } from "react";

interface Signed {
  readonly digest: string;
  readonly url: string;
}

/** What cannot be shown by a new link either is not asked for again and again. */
const RENEWED_AFTER_MS = 60_000;

/**
 * Signed URLs differ at every answer, and a browser would load what it shows again and again. Keeps the first URL of each
 * content until `forget`, which is for when they have expired, and does nothing soon after it did.
 */
export function useKeptUrls(): { keep<Item extends Signed>(items: readonly Item[]): readonly Item[]; forget(): void } {
  const known = useRef(new Map<string, string>());
  const keep = useCallback(<Item extends Signed>(items: readonly Item[]): readonly Item[] => {
    return items.map((item) => {
      const url = known.current.get(item.digest) ?? item.url;
      known.current.set(item.digest, url);
      return { ...item, url };
    });
  }, []);
  const forgotten = useRef(0);
  const forget = useCallback(() => {
    if (Date.now() - forgotten.current < RENEWED_AFTER_MS) return;
    forgotten.current = Date.now();
    known.current.clear();
  }, []);
  return { keep, forget };
}
