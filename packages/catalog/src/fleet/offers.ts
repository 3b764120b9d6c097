import type { FleetOffer } from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { asc } from "../drizzle.ts";
import { jsonText } from "../json-text.ts";
import { offers } from "../schema/fleet.ts";

/** An offer as it was seen; `key` names the way of buying, whatever it costs today. */
export interface SeenOffer {
  readonly key: string;
  readonly offer: FleetOffer;
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
