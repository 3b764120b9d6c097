import type { PricePoint } from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { and, asc, eq } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { offerRecords } from "../schema/fleet.ts";

/** What is kept of an offer's past: decaying sums as of `at`, and seconds of the last boots, newest first. */
export interface OfferHistory {
  readonly good: number;
  readonly bad: number;
  readonly preemptions: number;
  readonly hours: number;
  readonly boots: readonly number[];
  readonly at: Date;
}

export function recordQueries({ db, pool }: Connection) {
  return {
    /** Changes what is known of an offer; two who do so at once take turns. */
    async note(
      at: { readonly provider: string; readonly key: string },
      change: (before: OfferHistory | undefined) => OfferHistory,
    ): Promise<void> {
      const { provider, key } = at;
      await inTransaction(pool, async (client) => {
        await client.query("select pg_advisory_xact_lock(hashtextextended('loramill.offer_records ' || $1, 0))", [
          `${provider}|${key}`,
        ]);
        const { rows } = await client.query<OfferHistory>(
          `select good, bad, preemptions, hours, boots, at from loramill.offer_records where provider = $1 and key = $2`,
          [provider, key],
        );
        const { good, bad, preemptions, hours, boots, at: now } = change(rows[0]);
        await client.query(
          `insert into loramill.offer_records (provider, key, good, bad, preemptions, hours, boots, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (provider, key) do update set good = excluded.good, bad = excluded.bad,
             preemptions = excluded.preemptions, hours = excluded.hours, boots = excluded.boots, at = excluded.at`,
          [provider, key, good, bad, preemptions, hours, jsonText(boots), now],
        );
      });
    },

    /**
     * Changes what is remembered of what a provider's offers cost, by their keys; what comes back as it went in is left alone. For one
     * caller at a time.
     */
    async notePrices(
      provider: string,
      change: (before: ReadonlyMap<string, readonly PricePoint[]>) => ReadonlyMap<string, readonly PricePoint[]>,
    ): Promise<void> {
      const rows = await db
        .select({ key: offerRecords.key, prices: offerRecords.prices })
        .from(offerRecords)
        .where(eq(offerRecords.provider, provider));
      const before = new Map(rows.map(({ key, prices }) => [key, prices]));
      const changed = [...change(before)].flatMap(([key, prices]) =>
        before.get(key) === prices ? [] : [{ key, prices }],
      );
      if (changed.length === 0) return;
      await pool.query(
        `insert into loramill.offer_records (provider, key, good, bad, prices, at)
         select $1, key, 0, 0, prices, now() from json_to_recordset($2::json) as o(key text, prices jsonb)
         on conflict (provider, key) do update set prices = excluded.prices`,
        [provider, jsonText(changed)],
      );
    },

    /** Null where nothing is known of an offer. */
    async find({ provider, key }: { readonly provider: string; readonly key: string }): Promise<OfferHistory | null> {
      const [row] = await db
        .select()
        .from(offerRecords)
        .where(and(eq(offerRecords.provider, provider), eq(offerRecords.key, key)));
      return row ?? null;
    },

    list: (): Promise<
      (OfferHistory & {
        readonly provider: string;
        readonly key: string;
        readonly prices: readonly PricePoint[];
      })[]
    > => db.select().from(offerRecords).orderBy(asc(offerRecords.provider), asc(offerRecords.key)),
  };
}
