import { UserError } from "@loramill/contracts";

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

export interface PageRequest {
  readonly cursor?: string | undefined;
  /** 1..200; default 50. */
  readonly limit?: number | undefined;
}

export function limitOf(request: PageRequest): number {
  return Math.min(200, Math.max(1, Math.trunc(request.limit ?? 50)));
}

/** Cuts the row too many that was asked for to learn whether there is another page. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(view), next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** The same of rows as they are, whose ids are the cursors. */
export function toPageById<Row extends { readonly id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  return toPage(
    rows,
    limit,
    (row) => row,
    (row) => row.id,
  );
}

/** A cursor of whole numbers, such as `2.17`. */
export function parseNumbers(cursor: string | undefined, count: number): number[] | null {
  if (cursor === undefined) return null;
  const numbers = cursor.split(".").map(Number);
  if (numbers.length !== count || !numbers.every(Number.isSafeInteger)) {
    throw new UserError("the cursor is not one that this list has given", { code: "bad-cursor" });
  }
  return numbers;
}
