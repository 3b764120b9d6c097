import type { DatasetRemovalView } from "@loramill/contracts";

export interface RemovalGroups {
  /** Of each picture that was kept in place of others: those others. */
  readonly sets: readonly { readonly kept: string; readonly items: readonly DatasetRemovalView[] }[];
  /** The rest by why they were left out, the most first. */
  readonly reasons: readonly { readonly code: string; readonly items: readonly DatasetRemovalView[] }[];
}

/** What was left out, as it is looked through: sets of duplicates, then reasons. */
export function groupRemovals(removals: readonly DatasetRemovalView[]): RemovalGroups {
  const [alone, alike] = [removals.filter((item) => item.keptInstead === null), removals.filter(isAlike)];
  const sets = Map.groupBy(alike, ({ keptInstead }) => keptInstead);
  const reasons = Map.groupBy(alone, ({ code }) => code);
  return {
    sets: [...sets].map(([kept, items]) => ({ kept, items })),
    reasons: [...reasons]
      .map(([code, items]) => ({ code, items }))
      .sort((a, b) => b.items.length - a.items.length || a.code.localeCompare(b.code)),
  };
}

const isAlike = (item: DatasetRemovalView): item is DatasetRemovalView & { keptInstead: string } =>
  item.keptInstead !== null;
