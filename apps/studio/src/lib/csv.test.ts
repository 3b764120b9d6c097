import { expect, test } from "vitest";
import { formatCsv } from "./csv.ts";

test("cells that need it are quoted, and none is a formula", () => {
  expect(
    formatCsv(
      ["a", "b"],
      [
        ["x, y", 1.5],
        ['say "hi"', -2],
        ["=1+1", 0],
      ],
    ),
  ).toBe('a,b\r\n"x, y",1.5\r\n"say ""hi""",-2\r\n\'=1+1,0\r\n');
});
