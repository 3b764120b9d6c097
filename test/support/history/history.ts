import type { Catalog } from "@loramill/catalog";

/** What happened in a world, for checks to read. */
export interface History {
  /** Ids of the runs whose creation was answered. */
  readonly acknowledged: readonly string[];
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Answers what speaks against its sentence: nothing where the sentence holds. */
export type Check = (history: History) => Promise<readonly unknown[]>;

export function openHistory({ pool }: Catalog, acknowledged: readonly string[]): History {
  return {
    acknowledged,
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await pool.query(text, [...values])).rows as Row[],
  };
}
