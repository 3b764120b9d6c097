import { expect, test } from "vitest";
import { addSummaries } from "./compose.ts";

test("adds numbers up, goes into objects, and keeps the first words and lists", () => {
  const summaries = [
    { kept: 2, dropped: { blurred: 1 }, model: "describe/1", sizes: [1] },
    { kept: 3, dropped: { blurred: 2, small: 4 }, model: "other", sizes: [2], extra: null },
  ];
  expect(addSummaries(summaries.map((summary) => ({ summary })))).toEqual({
    kept: 5,
    dropped: { blurred: 3, small: 4 },
    model: "describe/1",
    sizes: [1],
    extra: null,
  });
});

test("of nothing is nothing", () => {
  expect(addSummaries([])).toEqual({});
});
