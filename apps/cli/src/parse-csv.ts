import { UserError } from "@loramill/contracts";

/**
 * Comma-separated values as of RFC 4180, by the names of the header line. UserError `bad-table` with the line where a quote is
 * left open or a row has another number of cells than the header.
 */
export function parseCsv(text: string): Record<string, string>[] {
  const [header, ...rows] = recordsOf(text.replace(/^\uFEFF/, "")).filter(({ cells }) =>
    cells.some((cell) => cell !== ""),
  );
  if (header === undefined) throw wrong(1, "there is no header line with the names of the columns");
  const names = header.cells.map((name) => name.trim());
  const nameless = names.findIndex((name, at) => name === "" || names.indexOf(name) !== at);
  if (nameless >= 0) throw wrong(1, `column ${nameless + 1} has no name, or that of another`);
  return rows.map(({ cells, line }) => {
    if (cells.length !== names.length) throw wrong(line, `there are ${cells.length} cells for ${names.length} columns`);
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ""]));
  });
}

interface CsvRecord {
  readonly cells: string[];
  /** Where it begins; the first is 1. */
  readonly line: number;
}

/** A cell with what ends it: quoted, in which two quotes are one, or bare. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

function recordsOf(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let record: CsvRecord = { cells: [], line };
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length || record.cells.length > 0) {
    const found = CELL.exec(text);
    if (found === null) throw wrong(line, "a quote is left open, or stands in the middle of a cell");
    const [all, quoted, bare = "", end = ""] = found;
    record.cells.push(quoted?.replaceAll('""', '"') ?? bare);
    line += all.split(/\r\n|\n|\r/).length - 1;
    if (end === ",") continue;
    records.push(record);
    record = { cells: [], line };
    if (end === "") break;
  }
  return records;
}

const wrong = (line: number, message: string): UserError =>
  new UserError(`line ${line}: ${message}`, { code: "bad-table" });
