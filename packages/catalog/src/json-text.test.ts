import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";

test("leaves ordinary values as they are, escaped look-alikes included", () => {
  const value = { a: "ä 🐕 \\u0000", b: [1, null, true], c: { d: "\n" } };
  expect(jsonText(value)).toBe(JSON.stringify(value));
});

test("drops zero characters and mends half surrogates, at any depth", () => {
  expect(JSON.parse(jsonText({ a: ["x\u0000y"], b: { c: "\ud83d" } }))).toEqual({ a: ["xy"], b: { c: "\ufffd" } });
});
