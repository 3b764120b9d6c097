import type { Refusal } from "@loramill/contracts";
import { parse } from "csv-parse/sync";
import {
  type Annotation,
  type AnnotationFile,
  cleanCaption,
  decodeText,
  folderOf,
  MAX_REPEATS,
  type Reading,
  resolveFrom,
} from "./annotation.ts";
import type { PictureIndex } from "./picture-index.ts";

/** Columns that name the picture: Hugging Face's imagefolder, musubi-tuner, and what people write by hand. */
const FILE_COLUMNS = ["file_name", "image_path", "file", "image", "filename", "path"];
const CAPTION_COLUMNS = ["text", "caption", "prompt", "description"];
/** Rows named in a refusal; the rest is counted. */
const MAX_PROBLEMS = 20;

type Row = Readonly<Record<string, unknown>>;

export function isTable(path: string): boolean {
  return /\.(?:jsonl|csv)$/i.test(path);
}

/**
 * Reads a table with one row per picture: `metadata.jsonl` and `metadata.csv` of Hugging Face's imagefolder, the JSONL of
 * musubi-tuner, any other with a column for the file and one for the caption. Paths count from the table's folder; those of
 * another machine are found by their end.
 */
export function readTable(file: AnnotationFile, pictures: PictureIndex): Reading {
  const text = decodeText(file.bytes);
  if (text === null) return failed(file, "table-not-text", "the file is not UTF-8 text");
  const found = new Map<string, Annotation>();
  const problems: string[] = [];
  let rows: { readonly line: number; readonly row: Row | string }[];
  try {
    rows = /\.csv$/i.test(file.path) ? csvRows(text) : jsonRows(text);
  } catch (error) {
    return failed(file, "table-damaged", `the table cannot be read: ${(error as Error).message.slice(0, 200)}`);
  }
  for (const { line, row } of rows) {
    const problem = typeof row === "string" ? row : takeRow(row, file, pictures, found);
    if (problem !== null) problems.push(`line ${line}: ${problem}`);
  }
  return { found, refused: summarise(file, problems) };
}

function takeRow(
  row: Row,
  file: AnnotationFile,
  pictures: PictureIndex,
  found: Map<string, Annotation>,
): string | null {
  const named = firstText(row, FILE_COLUMNS);
  if (named === null) return `no column names a picture (one of ${FILE_COLUMNS.join(", ")})`;
  const path = resolveFrom(folderOf(file.path), named);
  const picture = (path === null ? undefined : pictures.find(path)) ?? pictures.findForeign(named);
  if (picture === undefined) return `there is no picture ${named.slice(0, 200)}`;
  const repeats = Number(row.repeats ?? row.num_repeats);
  const annotation: Annotation = Number.isInteger(repeats) && repeats >= 1 && repeats <= MAX_REPEATS ? { repeats } : {};
  const written = firstText(row, CAPTION_COLUMNS);
  if (written === null) {
    found.set(picture, annotation);
    return null;
  }
  const text = cleanCaption(written, file.path);
  if (typeof text !== "string") return text.message;
  found.set(picture, { ...annotation, caption: { text, origin: file.path.slice(-256) } });
  return null;
}

function jsonRows(text: string) {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      const row: unknown = JSON.parse(line);
      const isRow = typeof row === "object" && row !== null && !Array.isArray(row);
      return [{ line: index + 1, row: isRow ? (row as Row) : "it is not a JSON object" }];
    } catch {
      return [{ line: index + 1, row: "it is not JSON" }];
    }
  });
}

function csvRows(text: string) {
  const rows: Row[] = parse(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  return rows.map((row, index) => ({ line: index + 2, row }));
}

function firstText(row: Row, columns: readonly string[]): string | null {
  for (const column of columns) {
    const value = row[column];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return null;
}

function summarise(file: AnnotationFile, problems: readonly string[]): Refusal[] {
  if (problems.length === 0) return [];
  const shown = problems.slice(0, MAX_PROBLEMS).join("; ");
  const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : "";
  return [{ path: file.path, code: "rows-refused", message: `${shown}${more}`.slice(0, 1000) }];
}

function failed({ path }: AnnotationFile, code: string, message: string): Reading {
  return { found: new Map(), refused: [{ path, code, message }] };
}
