import { expect, it } from "vitest";
import { mapInOrder } from "./map-in-order.ts";

it("yields in the order of the items with a bounded number under way", async () => {
  let now = 0;
  let most = 0;
  const slowFirst = async (item: number) => {
    now += 1;
    most = Math.max(most, now);
    for (let turn = 0; turn < 20 - item; turn += 1) await Promise.resolve();
    now -= 1;
    return item * 2;
  };
  const results: number[] = [];
  for await (const result of mapInOrder(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    slowFirst,
  ))
    results.push(result);
  expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index * 2));
  expect(most).toBe(3);
});

it("fails with the first failure after the others under way have ended", async () => {
  let ended = 0;
  const run = async () => {
    const map = async (item: number) => {
      if (item === 1) throw new Error("item 1");
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      ended += 1;
    };
    for await (const _ of mapInOrder([0, 1, 2, 3, 4, 5], 3, map));
  };
  await expect(run()).rejects.toThrow("item 1");
  expect(ended).toBe(3);
});
