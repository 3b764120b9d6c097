import type { Catalog } from "@loramill/catalog";
import type { Stores } from "@loramill/contracts";

/** What happened in a world, for checks to read. */
export interface History {
  /** Ids of the runs whose creation was answered. */
  readonly acknowledged: readonly string[];
  /** Where its files lie. */
  readonly stores: Pick<Stores, "objects" | "documents">;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Answers what speaks against its sentence: nothing where the sentence holds. */
export type Check = (history: History) => Promise<readonly unknown[]>;

export function openHistory(
  { pool }: Pick<Catalog, "pool">,
  { acknowledged, stores }: Pick<History, "acknowledged" | "stores">,
): History {
  return {
    ...{ acknowledged, stores },
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await pool.query(text, [...values])).rows as Row[],
  };
}
