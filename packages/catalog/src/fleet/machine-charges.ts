import { type Connection, toNumber } from "../connection.ts";

export function machineChargeQueries({ pool }: Connection) {
  return {
    /** What the ledger has of a machine's bill so far. */
    async charged(name: string): Promise<{ seconds: number; microUsd: number }> {
      const { rows } = await pool.query<{ seconds: number; amount: string }>(
        `select coalesce(sum(quantity) filter (where unit = 'gpu-second'), 0) as seconds,
           coalesce(sum(amount_micro_usd), 0) as amount
         from loramill.ledger where pod = $1`,
        [name],
      );
      return { seconds: rows[0]?.seconds ?? 0, microUsd: toNumber(rows[0]?.amount ?? 0) };
    },
  };
}
