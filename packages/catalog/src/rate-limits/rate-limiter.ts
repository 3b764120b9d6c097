import type { RateLimiter } from "@loramill/contracts";
import { type Connection, inTransaction } from "../connection.ts";
import { type EndpointState, grantPermits } from "./grant-permits.ts";

/** A wait that an endpoint asks for is believed up to an hour, in milliseconds. */
const MAX_HOLD_MS = 3_600_000;

/**
 * Limits of endpoints as one row each, locked while a batch of permits is cut off: one short transaction for a batch, not
 * for a question. Only the server's clock counts, which all workers share.
 */
export function rateLimiter({ pool }: Connection): RateLimiter {
  return {
    take: ({ endpoint, ...request }) =>
      inTransaction(pool, async (client) => {
        const lock = () =>
          client.query<{ state: EndpointState }>(
            `select json_build_object('nextAt', next_at, 'heldUntil', held_until, 'holders', holders) as state
             from loramill.rate_limits where endpoint = $1 for update`,
            [endpoint],
          );
        let [row] = (await lock()).rows;
        if (row === undefined) {
          await client.query("insert into loramill.rate_limits (endpoint) values ($1) on conflict do nothing", [
            endpoint,
          ]);
          [row] = (await lock()).rows;
        }
        if (row === undefined) throw new Error(`no limits of ${endpoint}`);
        // Not in the locking statement: its clock may have been read before the wait for the lock.
        const { rows } = await client.query<{ now: number }>(`select ${NOW_MS} as now`);
        const { state, grant } = grantPermits(row.state, request, rows[0]?.now ?? 0);
        await client.query("update loramill.rate_limits set next_at = $2, holders = $3 where endpoint = $1", [
          endpoint,
          state.nextAt,
          JSON.stringify(state.holders),
        ]);
        return grant;
      }),

    async hold({ endpoint, forMs }) {
      await pool.query(
        `insert into loramill.rate_limits as l (endpoint, held_until) values ($1, ${NOW_MS} + $2)
         on conflict (endpoint) do update set held_until = greatest(l.held_until, excluded.held_until)`,
        [endpoint, Math.min(forMs, MAX_HOLD_MS)],
      );
    },
  };
}

const NOW_MS = "(extract(epoch from clock_timestamp()) * 1000)::float8";
