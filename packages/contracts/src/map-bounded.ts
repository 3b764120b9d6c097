/**
 * Calls `work` for all items, at most `limit` (1 or more) at a time, and answers the results in the order of the items. After
 * the first failure, be it of `work` or of reading the items, nothing more is started; what runs is waited for, so that nothing
 * goes on behind the caller's back, then that failure is thrown.
 */
export async function mapBounded<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const run = async (item: Item, index: number) => {
    try {
      results[index] = await work(item, index);
    } catch (error) {
      failures.push(error);
    }
  };
  let count = 0;
  try {
    for await (const item of items) {
      if (failures.length > 0) break;
      const one = run(item, count++).finally(() => running.delete(one));
      running.add(one);
      if (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } catch (error) {
    failures.push(error);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return results;
}
