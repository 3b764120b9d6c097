import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./sha256.ts";
import { sha256 as inBrowsers } from "./sha256-in-browsers.ts";

test("browsers digest as Node does, whatever the length", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = new Uint8Array(length).fill(length);
    expect(inBrowsers(bytes)).toBe(sha256(bytes));
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => inBrowsers(text) === sha256(text)));
});
