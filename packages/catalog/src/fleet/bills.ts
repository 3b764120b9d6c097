import type { PodBill } from "@loramill/contracts";
import { type Connection, toNumber } from "../connection.ts";
import { MACHINE_ACCOUNTS } from "./machine-accounts.ts";

/** Machines of which is told at once. */
export const MOST_BILLS = 1_000;
/** After so long books tell all of an orphan, whatever their lag. */
const ORPHAN_MS = 24 * 3_600_000;

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

/** Of machines whose accounts are closed, and of which the books tell. */
export interface BillSum {
  readonly provider: string;
  readonly billedMicroUsd: number;
  readonly chargedMicroUsd: number;
}

export function billQueries({ pool }: Connection) {
  return {
    /**
     * Machines that cost something, latest first: by the ledger, by their own meters, and by their providers' books. `isFinal`: its
     * account is closed, so that the ledger and the books are to say the same.
     */
    async bills({ from }: { readonly from?: Date | undefined } = {}): Promise<PodBill[]> {
      const { rows } = await pool.query<Row>(
        `select name as pod, provider, remote_id as "remoteId", charged, metered, billed, read_at as "readAt",
           closed as "isFinal"
         from (${MACHINE_ACCOUNTS}) a
         where $2::timestamptz is null or at >= $2
         order by at desc, name desc, remote_id limit $3`,
        [new Date(Date.now() - ORPHAN_MS), from ?? null, MOST_BILLS],
      );
      return rows.map(toPodBill);
    },

    /**
     * What providers billed for machines that ended after `since`, however long they lived, and what the ledger has charged for the same
     * ones: whether the two agree. Only machines that the books know; orphans, when they were given back before `settled`.
     */
    async compareBills({ since, settled }: { readonly since: Date; readonly settled: Date }): Promise<BillSum[]> {
      const { rows } = await pool.query<{ provider: string; billed: string; charged: string }>(
        `select provider, sum(billed) as billed, sum(charged) as charged from (${MACHINE_ACCOUNTS}) a
         where closed and billed is not null and ended_at >= $2 group by provider order by provider`,
        [settled, since],
      );
      return rows.map(({ provider, billed, charged }) => ({
        provider,
        billedMicroUsd: toNumber(billed),
        chargedMicroUsd: toNumber(charged),
      }));
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
