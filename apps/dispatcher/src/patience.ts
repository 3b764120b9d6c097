/** Remembers since when something fails, to tell a passing trouble from one that stays. */
export interface Patience<Id> {
  /** Notes a failure; true when it has failed for longer than the patience lasts. */
  failed(id: Id): boolean;
  worked(id: Id): void;
}

export function createPatience<Id>(options: { readonly limitMs: number; readonly now: () => number }): Patience<Id> {
  const since = new Map<Id, number>();
  return {
    failed(id) {
      const now = options.now();
      const first = since.get(id) ?? now;
      since.set(id, first);
      const over = now - first > options.limitMs;
      if (over) since.delete(id);
      return over;
    },
    worked: (id) => void since.delete(id),
  };
}
