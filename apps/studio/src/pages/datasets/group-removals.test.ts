import type { DatasetRemovalView } from "@loramill/contracts";
import { expect, test } from "vitest";
import { groupRemovals } from "./group-removals.ts";

const removal = (path: string, code: string, keptInstead: string | null = null): DatasetRemovalView => ({
  path,
  code,
  keptInstead,
  image: null,
  message: "",
  score: null,
  threshold: null,
  thumbnailUrl: null,
  keptThumbnailUrl: null,
});

test("copies and look-alikes of one picture are one set, and the rest goes by its reason, the most first", () => {
  const { sets, reasons } = groupRemovals([
    removal("a.jpg", "dark"),
    removal("b.jpg", "duplicate-exact", "z.jpg"),
    removal("c.jpg", "blurred"),
    removal("d.jpg", "duplicate-near", "z.jpg"),
    removal("e.jpg", "blurred"),
  ]);
  expect(sets.map(({ kept, items }) => [kept, items.map(({ path }) => path)])).toEqual([["z.jpg", ["b.jpg", "d.jpg"]]]);
  expect(reasons.map(({ code, items }) => [code, items.length])).toEqual([
    ["blurred", 2],
    ["dark", 1],
  ]);
});
