import { expect, it } from "vitest";
import { createTextCache } from "./text-cache.ts";

it("drops what was not used for longest when it is full", () => {
  const cache = createTextCache(2 * 4 * 11);
  for (const key of ["a", "b", "c", "d"]) cache.set(key, "0123456789");
  expect(cache.get("a")).toBe("0123456789");
  cache.set("e", "0123456789");
  expect(["a", "b", "c", "d", "e"].filter((key) => cache.get(key) !== undefined)).toEqual(["a", "c", "d", "e"]);
});

it("does not keep a text that would push out most others, and counts a replaced one once", () => {
  const cache = createTextCache(100);
  cache.set("large", "x".repeat(100));
  expect(cache.get("large")).toBeUndefined();
  for (let time = 0; time < 100; time += 1) cache.set("same", "short");
  cache.set("other", "short");
  expect([cache.get("same"), cache.get("other")]).toEqual(["short", "short"]);
});

it("keeps nothing when it may not", () => {
  const cache = createTextCache(0);
  cache.set("a", "b");
  expect(cache.get("a")).toBeUndefined();
});
