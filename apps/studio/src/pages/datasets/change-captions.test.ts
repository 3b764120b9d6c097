import { expect, test } from "vitest";
import { changeCaptions } from "./change-captions.ts";

const images = [
  { path: "a.png", caption: "a red ball" },
  { path: "b.png", caption: "zorb, a red cube" },
  { path: "c.png", caption: null },
];
const after = (change: Parameters<typeof changeCaptions>[1]) =>
  changeCaptions(images, change).map(({ path, after: text }) => [path, text]);

test("words are replaced as they stand, and a caption that stays the same is no change", () => {
  expect(after({ kind: "replace", find: "ball", text: "sphere ($&)" })).toEqual([["a.png", "a red sphere ($&)"]]);
  expect(after({ kind: "replace", find: "red ", text: "" })).toEqual([
    ["a.png", "a ball"],
    ["b.png", "zorb, a cube"],
  ]);
  expect(after({ kind: "replace", find: "", text: "x" })).toEqual([]);
});

test("a trigger word comes first in every caption, once", () => {
  expect(after({ kind: "prefix", find: "", text: " zorb " })).toEqual([
    ["a.png", "zorb, a red ball"],
    ["c.png", "zorb"],
  ]);
  expect(after({ kind: "suffix", find: "", text: "cube" })).toEqual([
    ["a.png", "a red ball, cube"],
    ["c.png", "cube"],
  ]);
});

test("captions are taken away where there are some", () => {
  expect(after({ kind: "remove", find: "", text: "" })).toEqual([
    ["a.png", null],
    ["b.png", null],
  ]);
});
