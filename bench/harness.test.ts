import { describe, expect, test } from "vitest";
import { compare, median } from "./harness.ts";
import { brokenPromises, format } from "./promises.ts";

test("the median of an even count lies between the middle two", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
});

test("both sides run in turns, prepared before each run, and warm-ups do not count", async () => {
  const order: string[] = [];
  const side = (name: string) => ({
    prepare: async () => void order.push(`prepare ${name}`),
    run: async () => {
      order.push(name);
      return 10;
    },
  });
  const result = await compare({ ours: side("ours"), reference: side("reference") }, { warmups: 1, rounds: 1 });
  expect(order).toEqual([
    ...["prepare ours", "ours", "prepare reference", "reference"],
    ...["prepare reference", "reference", "prepare ours", "ours"],
  ]);
  expect(result.ratio).toBeCloseTo(result.ours / result.reference);
});

describe("promises", () => {
  const promised = [
    { figure: "queue.layer", atLeast: 0.5, why: "why" },
    { figure: "pocket.step", atMost: 3.5, why: "why" },
  ] as const;

  test("a figure on the wrong side of its bound is named with the bound", () => {
    expect(brokenPromises({ queue: { layer: 0.49 }, pocket: { step: 3.6 } }, promised)).toEqual([
      "queue.layer is 0.49; promised: at least 0.5 (why)",
      "pocket.step is 3.6; promised: at most 3.5 (why)",
    ]);
  });

  test("bounds themselves are kept, and benches that were not run are left alone", () => {
    expect(brokenPromises({ queue: { layer: 0.5 } }, promised)).toEqual([]);
  });

  test("a bench that no longer measures its figure breaks the promise", () => {
    expect(brokenPromises({ queue: {} }, promised)).toEqual([
      "queue.layer was not measured; promised: at least 0.5 (why)",
    ]);
  });

  test("a figure that needs what the machine may not have can be missing", () => {
    const lenient = promised.map((promise) => ({ ...promise, needs: "a machine with everything" }));
    expect(brokenPromises({ queue: {} }, lenient)).toEqual([]);
    expect(brokenPromises({ queue: { layer: 0.1 } }, lenient)).toHaveLength(1);
  });

  test("numbers are short", () => {
    expect([format(0.51234), format(23_456.7), format(2)]).toEqual(["0.512", "23,457", "2"]);
  });
});
