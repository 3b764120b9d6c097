import type { BookEntry, FleetOffer, PricePoint } from "@loramill/contracts";
import { and, asc, eq, gte } from "drizzle-orm";
import { type Connection, inTransaction, toNumber } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { bookEntries, offerRecords, offers } from "../schema/fleet.ts";

/** An offer as it was seen; `key` names the way of buying, whatever it costs today. */
export interface SeenOffer {
  readonly key: string;
  readonly offer: FleetOffer;
}

/** What is kept of an offer's past: decaying sums as of `at`, and seconds of the last boots, newest first. */
export interface OfferHistory {
  readonly good: number;
  readonly bad: number;
  readonly preemptions: number;
  readonly hours: number;
  readonly boots: readonly number[];
  readonly at: Date;
}

export function offerQueries({ db, pool }: Connection) {
  return {
    /** All that a provider offers now, in place of what it offered before. */
    async replace(provider: string, seen: readonly SeenOffer[]): Promise<void> {
      await inTransaction(pool, async (client) => {
        await client.query("delete from loramill.offers where provider = $1", [provider]);
        await client.query(
          `insert into loramill.offers (provider, key, offer, seen_at)
           select $1, key, offer, now() from json_to_recordset($2::json) as o(key text, offer jsonb)
           on conflict (provider, key) do nothing`,
          [provider, jsonText(seen)],
        );
      });
    },

    /** Of all providers, in the order of their keys. */
    async list(): Promise<(SeenOffer & { readonly seenAt: Date })[]> {
      const rows = await db.select().from(offers).orderBy(asc(offers.provider), asc(offers.key));
      return rows.map(({ key, offer, seenAt }) => ({ key, offer, seenAt }));
    },
  };
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

    /**
     * What providers billed for machines that ended after `since`, however long they lived, and what the ledger has charged for the same ones:
     * whether the two agree. Only machines that the books know.
     */
    async compare(since: Date): Promise<{ provider: string; billedMicroUsd: number; chargedMicroUsd: number }[]> {
      const { rows } = await pool.query<{ provider: string; billed: string; charged: string }>(
        `select p.provider, sum(b.billed) as billed, sum(coalesce(l.charged, 0)) as charged
         from loramill.pods p
         join lateral (
           select sum(amount_micro_usd) as billed from loramill.book_entries e
           where e.provider = p.provider and e.kind = 'machine' and e.remote_id = p.remote_id
         ) b on b.billed is not null
         left join lateral (
           select sum(amount_micro_usd) as charged from loramill.ledger where pod = p.name
         ) l on true
         where p.state = 'ended' and p.ended_at >= $1 group by p.provider order by p.provider`,
        [since],
      );
      return rows.map(({ provider, billed, charged }) => ({
        provider,
        billedMicroUsd: toNumber(billed),
        chargedMicroUsd: toNumber(charged),
      }));
    },
  };
}
