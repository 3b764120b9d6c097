export interface ReadAhead<T> {
  /** The result of one of the keys, which is then no longer held. */
  take(key: string): Promise<T>;
}

/**
 * Starts work in the order in which its results will be taken, `ahead` pieces before they are: what works in parallel
 * stays busy, and no more than that many results are held.
 */
export function readAhead<T>(keys: readonly string[], ahead: number, start: (key: string) => Promise<T>): ReadAhead<T> {
  const places = new Map(keys.map((key, place) => [key, place]));
  const begun = new Map<string, Promise<T>>();
  let next = 0;
  const begin = (key: string) => {
    const work = start(key);
    // Whoever takes it sees the failure; if nobody does any more, it is not a crash.
    work.catch(() => {});
    begun.set(key, work);
  };
  return {
    take(key) {
      const place = places.get(key) ?? 0;
      while (next < keys.length && next <= place + ahead) {
        begin(keys[next] as string);
        next += 1;
      }
      if (!begun.has(key)) begin(key);
      const work = begun.get(key) as Promise<T>;
      begun.delete(key);
      return work;
    },
  };
}
