/**
 * Calls `work` for all items, at most `limit` at a time, and answers the results in order. After the first failure
 * nothing more is started; what runs is waited for, then the failure is thrown.
 */
export async function mapBounded<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let count = 0;
  for await (const item of items) {
    const index = count++;
    const one: Promise<void> = work(item)
      .then((result) => {
        results[index] = result;
      })
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= limit) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return results;
}
