import type { Clock } from "@loramill/contracts";
import type { Connection } from "../connection.ts";

/** Fires of one schedule that are forgotten at once; the rest goes with the next call. */
const FIRES_AT_ONCE = 1_000;

export function forgottenFireQueries({ pool }: Connection, clock: Clock) {
  return {
    /**
     * Forgets fires whose time is over, and that have been settled, for longer than this: but for the newest of each schedule,
     * which it is shown with, and those whose run is open. Answers how many. Where a schedule has a budget of the month, its
     * fires count for as long: keep them no shorter than that.
     */
    async forget(keepMs: number): Promise<number> {
      const { rowCount } = await pool.query(
        `delete from loramill.fires where id in (
           select old.id from loramill.schedules s cross join lateral (
             select f.id from loramill.fires f left join loramill.runs r on r.id = f.run
             where f.schedule = s.id and f.fire_at < $1 and f.settled_at < $1
               and (r.state is null or r.state not in ('planned', 'running'))
               and f.fire_at < (select max(n.fire_at) from loramill.fires n where n.schedule = s.id)
             order by f.fire_at limit ${FIRES_AT_ONCE}
           ) old
         )`,
        [new Date(clock.now().getTime() - keepMs)],
      );
      return rowCount ?? 0;
    },
  };
}
