import { describe, expect, test } from "vitest";
import { createBatcher } from "./batcher.ts";

const never = () => false;

describe("createBatcher", () => {
  test("puts what is asked for in one turn of the loop into one batch", async () => {
    const batches: number[][] = [];
    const batcher = createBatcher({
      run: async (numbers: readonly number[]) => {
        batches.push([...numbers]);
        return numbers.map((number) => number * 2);
      },
      maxBatch: 100,
      splitOn: never,
    });
    expect(await Promise.all([1, 2, 3].map((number) => batcher.add(number)))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  test("collects while a batch is under way, one batch at a time, none too large", async () => {
    const sizes: number[] = [];
    let running = 0;
    const begun = Promise.withResolvers<void>();
    const batcher = createBatcher({
      run: async (numbers: readonly number[]) => {
        running += 1;
        expect(running).toBe(1);
        sizes.push(numbers.length);
        begun.resolve();
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        return numbers;
      },
      maxBatch: 4,
      splitOn: never,
    });
    const first = batcher.add(0);
    await begun.promise;
    const rest = Array.from({ length: 10 }, (_, index) => batcher.add(index + 1));
    await first;
    expect(await Promise.all(rest)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(sizes).toEqual([1, 4, 4, 2]);
  });

  test("never puts two requests with one key into one batch, and keeps their order", async () => {
    const batches: string[][] = [];
    const batcher = createBatcher({
      run: async (words: readonly string[]) => {
        batches.push([...words]);
        return words;
      },
      maxBatch: 10,
      keyOf: (word) => word.slice(0, 1),
      splitOn: never,
    });
    await Promise.all(["a1", "b1", "a2", "c1", "a3"].map((word) => batcher.add(word)));
    expect(batches).toEqual([["a1", "b1", "c1"], ["a2"], ["a3"]]);
  });

  test("finds the one bad request by halving, and answers the others", async () => {
    const batcher = createBatcher({
      run: async (numbers: readonly number[]) => {
        if (numbers.includes(7)) throw new RangeError("seven");
        return numbers;
      },
      maxBatch: 100,
      splitOn: (error) => error instanceof RangeError,
    });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => batcher.add(index)));
    expect(answers.flatMap((answer, index) => (answer.status === "rejected" ? [index] : []))).toEqual([7]);
  });

  test("fails all of a batch at once when the fault lies with nobody in it", async () => {
    let calls = 0;
    const batcher = createBatcher<number, number>({
      run: async () => {
        calls += 1;
        throw new Error("the server is away");
      },
      maxBatch: 100,
      splitOn: never,
    });
    const answers = await Promise.allSettled([1, 2, 3].map((number) => batcher.add(number)));
    expect(answers.every((answer) => answer.status === "rejected")).toBe(true);
    expect(calls).toBe(1);
    await batcher.idle();
  });
});
