import type { ToolRun } from "./progress.ts";
import { readAhead } from "./read-ahead.ts";

/** Does something for every named item, a few at once, and answers the results in order. */
export async function eachModule<Item extends { readonly module: string }, Result>(
  items: readonly Item[],
  { ahead = 1, signal, onProgress }: ToolRun,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  let done = 0;
  return mapAhead(items, ahead, async (item) => {
    signal?.throwIfAborted();
    const result = await work(item);
    done += 1;
    onProgress?.({ done, total: items.length, module: item.module });
    return result;
  });
}

/** Does something for every item, `ahead` of them at once, and answers the results in order. */
export async function mapAhead<Item, Result>(
  items: readonly Item[],
  ahead: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const keys = items.map((_, place) => String(place));
  const running = readAhead(keys, ahead, (key) => work(items[Number(key)] as Item));
  const results: Result[] = [];
  for (const key of keys) results.push(await running.take(key));
  return results;
}
