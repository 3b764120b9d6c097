import type { BatchFolder, Json } from "@loramill/contracts";

export type Row = Readonly<Record<string, Json>>;

/** What sets one member apart from the others. */
export interface Place {
  readonly folder: BatchFolder | null;
  readonly row: Row | null;
  /** Place of the row in the table; the first is 1. */
  readonly rowNumber: number | null;
  readonly matrix: Row;
}
