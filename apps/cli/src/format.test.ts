import { expect, test } from "vitest";
import { printable } from "./format.ts";

test("a foreign text is shown on one line, without what would steer the terminal", () => {
  expect(printable("two\nlines\u001b[31m\u009b31m, ünïcode")).toBe("two lines [31m 31m, ünïcode");
});
