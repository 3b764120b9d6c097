import type { PodBill } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";

/** Machines of which is told at once. */
const LIMIT = 1_000;

interface Row {
  readonly pod: string;
  readonly provider: string;
  readonly remoteId: string;
  readonly charged: string;
  readonly metered: string;
  readonly billed: string | null;
  readonly readAt: Date | null;
  readonly isFinal: boolean;
}

export function billQueries({ pool }: Connection) {
  return {
    /** Machines that were rented, latest first: by the ledger, by their own meters, and by their providers' books. */
    async bills({ from }: { readonly from?: Date | undefined } = {}): Promise<PodBill[]> {
      const { rows } = await pool.query<Row>(
        `select p.name as pod, p.provider, p.remote_id as "remoteId", coalesce(l.amount, 0) as charged,
           coalesce((p.bill->>'amountMicroUsd')::bigint, 0) as metered, b.amount as billed, b.read_at as "readAt",
           coalesce((p.bill->>'isFinal')::boolean, false) as "isFinal"
         from loramill.pods p
         left join lateral (select sum(amount_micro_usd) as amount from loramill.ledger where pod = p.name) l on true
         left join lateral (
           select sum(amount_micro_usd) as amount, max(read_at) as read_at from loramill.book_entries
           where provider = p.provider and kind = 'machine' and remote_id = p.remote_id
         ) b on true
         where p.remote_id is not null and ($1::timestamptz is null or p.created_at >= $1)
         order by p.created_at desc, p.name desc limit $2`,
        [from ?? null, LIMIT],
      );
      return rows.map(toPodBill);
    },
  };
}

const toPodBill = ({ pod, provider, remoteId, charged, metered, billed, readAt, isFinal }: Row): PodBill => ({
  ...{ pod, provider, remoteId, isFinal },
  chargedMicroUsd: toNumber(charged),
  meteredMicroUsd: toNumber(metered),
  billedMicroUsd: billed === null ? null : toNumber(billed),
  booksReadAt: readAt?.toISOString() ?? null,
});
