import { expect, it } from "vitest";
import { formatCsv } from "./csv.ts";

it("writes what spreadsheets read, with quotes where they are needed", () => {
  expect(
    formatCsv(
      ["run", "amount_usd"],
      [
        ['a, "b"\nc', "0.250000"],
        ["plain", 3],
      ],
    ),
  ).toBe('run,amount_usd\r\n"a, ""b""\nc",0.250000\r\nplain,3\r\n');
});

it("keeps a name from being taken for a formula, and a negative number a number", () => {
  expect(formatCsv(["name"], [["=1+2"], ["@SUM(A1)"], ["-3"]])).toBe("name\r\n'=1+2\r\n'@SUM(A1)\r\n-3\r\n");
});
