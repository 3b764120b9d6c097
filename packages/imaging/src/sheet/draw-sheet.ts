import type { RgbImage } from "@loramill/contracts";
import { type Canvas, createCanvas, type Ink } from "./canvas.ts";
import { LETTER } from "./letters.ts";
import type { SheetPlan } from "./plan-sheet.ts";
import { wrapText } from "./wrap-text.ts";

const PAPER: Ink = [250, 248, 244];
const INK: Ink = [40, 38, 46];
const FAINT: Ink = [130, 126, 138];
const EMPTY: Ink = [232, 228, 220];

const GAP = 8;
const LINE = LETTER.height + 4;
const ROW_LABELS = 168;
const CAPTION_LINES = 3;
const LARGEST_CELL = 192;
const SMALLEST_CELL = 64;
/** Of the whole sheet: 50 MB of pixels. */
const MAX_SIDE = 4096;

export interface DrawnSheet {
  readonly image: RgbImage;
  readonly rows: number;
  readonly columns: number;
  /** Items that have a place on it: those that did not fit have none. */
  readonly places: number;
}

/**
 * Draws a labelled sheet. `read` gives the picture of an item, at most `side` pixels long, or words that stand in for it.
 * Cells become smaller where there are many; rows and columns that do not fit even so are left out.
 */
export async function drawSheet(
  plan: SheetPlan,
  read: (index: number, side: number) => Promise<RgbImage | string>,
): Promise<DrawnSheet> {
  const { cells } = plan;
  const left = plan.rows.some((row) => row.length > 0) ? ROW_LABELS : GAP;
  const top = plan.columns.some((label) => label !== "") ? 2 * LINE + GAP : GAP;
  const caption = cells.some((row) => row.some((cell) => cell.caption !== null)) ? CAPTION_LINES * LINE : 0;
  const widest = Math.max(...cells.map((row) => row.length));
  const side = Math.max(
    SMALLEST_CELL,
    Math.min(LARGEST_CELL, sideThatFits(left, widest, GAP), sideThatFits(top, cells.length, GAP + caption)),
  );
  const columns = Math.min(widest, howMany(left, side + GAP));
  const rows = Math.min(cells.length, howMany(top, side + GAP + caption));
  const sheet = createCanvas(left + columns * (side + GAP), top + rows * (side + GAP + caption), PAPER);
  const xOf = (column: number) => left + column * (side + GAP);
  const yOf = (row: number) => top + row * (side + GAP + caption);

  for (const [column, label] of plan.columns.slice(0, columns).entries())
    write(sheet, label, xOf(column), GAP, side, 2);
  for (const [row, labels] of plan.rows.slice(0, rows).entries()) {
    let y = yOf(row);
    for (const label of labels) {
      const most = Math.max(1, Math.floor((yOf(row) + side - y) / LINE) - (labels.length - 1));
      y += write(sheet, label, GAP, y, ROW_LABELS - 2 * GAP, most) * LINE;
    }
  }
  let places = 0;
  for (const [row, items] of cells.slice(0, rows).entries()) {
    for (const [column, cell] of items.slice(0, columns).entries()) {
      place(sheet, await read(cell.index, side), xOf(column), yOf(row), side);
      if (cell.caption !== null) write(sheet, cell.caption, xOf(column), yOf(row) + side + 3, side, CAPTION_LINES);
      places += 1;
    }
  }
  return { image: sheet, rows, columns, places };
}

const sideThatFits = (before: number, count: number, gap: number): number =>
  Math.floor((MAX_SIDE - before) / count) - gap;
const howMany = (before: number, each: number): number => Math.floor((MAX_SIDE - before) / each);

/** In the middle of its cell; pictures smaller than that are enlarged by whole pixels. */
function place(sheet: Canvas, picture: RgbImage | string, x: number, y: number, side: number): void {
  if (typeof picture === "string") {
    sheet.fill(x, y, side, side, EMPTY);
    write(sheet, picture, x + 4, y + Math.floor(side / 2) - LINE, side - 8, 3, FAINT);
    return;
  }
  const scale = Math.max(1, Math.floor(side / Math.max(picture.width, picture.height)));
  const across = Math.floor((side - picture.width * scale) / 2);
  const down = Math.floor((side - picture.height * scale) / 2);
  sheet.place(picture, x + across, y + down, scale);
}

/** Answers how many lines were written. */
function write(sheet: Canvas, text: string, x: number, y: number, width: number, most: number, ink = INK): number {
  const lines = wrapText(text, Math.floor(width / LETTER.width), most);
  for (const [line, words] of lines.entries()) sheet.write(words, x, y + line * LINE, ink, 1);
  return lines.length;
}
