import { formatCsv } from "@loramill/contracts";
import { expect, it } from "vitest";
import { parseCsv } from "./parse-csv.ts";

it("reads rows by the names of the header, with quotes, empty cells and any line ends", () => {
  expect(parseCsv('\uFEFFfolder, word \r\nanna,"a ""b"",\nc"\n\nbob,\r')).toEqual([
    { folder: "anna", word: 'a "b",\nc' },
    { folder: "bob", word: "" },
  ]);
});

it("reads what is written", () => {
  const rows = [
    ["x, y", 'q"', "1"],
    ["", "two\nlines", "é"],
  ];
  expect(parseCsv(formatCsv(["a", "b", "c"], rows)).map(Object.values)).toEqual(rows);
});

it("names the line that is wrong", () => {
  expect(() => parseCsv('a,b\n"1\n2",3\nx')).toThrow("line 4: there are 1 cells for 2 columns");
  expect(() => parseCsv('a\n"open')).toThrow("line 2: a quote is left open");
  expect(() => parseCsv('a\nb"c"')).toThrow("line 2: a quote");
  expect(() => parseCsv("a,a\n1,2")).toThrow("column 2 has no name");
  expect(() => parseCsv("")).toThrow("no header line");
});
