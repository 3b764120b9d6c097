import type { BookEntry } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { asc, gte } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { bookEntries } from "../schema/fleet.ts";

export function bookQueries({ db, pool }: Connection) {
  return {
    /** Takes what a provider's books say; an entry that was read before takes the newer amount. */
    async put(provider: string, entries: readonly BookEntry[]): Promise<void> {
      await pool.query(
        `insert into loramill.book_entries (provider, kind, remote_id, "from", "to", amount_micro_usd, read_at)
         select distinct on (kind, "remoteId", "from") $1, kind, "remoteId", "from", "to", "amountMicroUsd", now()
         from json_to_recordset($2::json)
           as e(kind text, "remoteId" text, "from" timestamptz, "to" timestamptz, "amountMicroUsd" bigint)
         on conflict (provider, kind, remote_id, "from") do update
         set "to" = excluded."to", amount_micro_usd = excluded.amount_micro_usd, read_at = excluded.read_at`,
        [provider, jsonText(entries)],
      );
    },

    /** Entries that begin at `since` or later, oldest first. */
    async list(since: Date): Promise<(BookEntry & { readonly provider: string })[]> {
      const rows = await db
        .select()
        .from(bookEntries)
        .where(gte(bookEntries.from, since))
        .orderBy(asc(bookEntries.from));
      return rows.map(({ readAt: _readAt, ...entry }) => entry);
    },

    /** End of the last time that a provider's books told of; null before they told of any. */
    async toldUntil(provider: string): Promise<Date | null> {
      const { rows } = await pool.query<{ until: Date | null }>(
        `select max("to") as until from loramill.book_entries where provider = $1`,
        [provider],
      );
      return rows[0]?.until ?? null;
    },
  };
}
