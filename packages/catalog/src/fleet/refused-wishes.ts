import { type Connection, toNumber } from "../connection.ts";

export function refusedWishQueries({ pool }: Connection) {
  return {
    /**
     * Wishes for machines of a provider of which every offer was refused as invalid, and how many different offers said so: within a day,
     * and since a machine of it was rented, or the fleet stopped or started, last. By the audit (`machine.refused`).
     */
    async refusedWishes(provider: string): Promise<{ wishes: number; offers: number }> {
      const { rows } = await pool.query<{ wishes: string; offers: string }>(
        `select count(distinct a.subject) as wishes, count(distinct o.key) as offers
         from loramill.audit a cross join lateral jsonb_array_elements_text(a.details->'offers') as o(key)
         where a.action = 'machine.refused' and a.details->>'provider' = $1 and a.at > now() - interval '1 day'
           and a.id > (
             select coalesce(max(b.id), 0) from loramill.audit b
             where b.at > now() - interval '1 day'
               and (b.action in ('fleet.start', 'fleet.stop') or b.action = 'machine.rent' and b.details->>'provider' = $1)
           )`,
        [provider],
      );
      return { wishes: toNumber(rows[0]?.wishes ?? 0), offers: toNumber(rows[0]?.offers ?? 0) };
    },
  };
}
