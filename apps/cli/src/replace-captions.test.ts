import { expect, test } from "vitest";
import { replaceInCaptions } from "./replace-captions.ts";

const images = [
  { path: "a.png", caption: "a red ball (shiny) on grass" },
  { path: "b.png", caption: "a blue ball" },
  { path: "c.png", caption: null },
];

test("plain text is taken literally, and only captions that change are listed", () => {
  expect(replaceInCaptions(images, { find: "(shiny) ", with: "$& " })).toEqual([
    { path: "a.png", before: "a red ball (shiny) on grass", after: "a red ball $& on grass" },
  ]);
  expect(replaceInCaptions(images, { find: "cat", with: "dog" })).toEqual([]);
});

test("expressions may name their groups, and what is left is tidied", () => {
  expect(replaceInCaptions(images, { find: "a (red|blue) ball", with: "zorb, $1", regex: true })).toEqual([
    { path: "a.png", before: "a red ball (shiny) on grass", after: "zorb, red (shiny) on grass" },
    { path: "b.png", before: "a blue ball", after: "zorb, blue" },
  ]);
});

test("what cannot be searched for is said", () => {
  expect(() => replaceInCaptions(images, { find: "(", with: "", regex: true })).toThrow("no regular expression");
  expect(() => replaceInCaptions(images, { find: "", with: "x" })).toThrow("empty");
});
