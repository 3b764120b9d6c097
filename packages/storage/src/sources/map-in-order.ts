/** Maps with at most `concurrency` calls under way and yields the results in the order of the items. */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = map(item);
      // Awaited in its turn; until then a failure must not count as unhandled.
      result.catch(() => {});
      underWay.push(result);
      const oldest = underWay.length >= concurrency ? underWay.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    for (let oldest = underWay.shift(); oldest !== undefined; oldest = underWay.shift()) yield await oldest;
  } finally {
    // When one failed or the reader left, the others end before this does.
    await Promise.allSettled(underWay);
  }
}
