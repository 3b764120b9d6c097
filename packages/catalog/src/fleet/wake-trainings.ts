import type { JobId } from "@loramill/contracts";
import type { Sql } from "../connection.ts";

/** What `pg_notify` says to the dispatcher when machines are to be planned anew, and not only deliveries to be sent. */
const PLAN = "fleet";

/** A parked turn is made due by a new release: the delivery that waits in the queue is then an old one, and refused. */
const wake = (which: string): string => `
with found as materialized (
  select id from loramill.jobs j where state = 'parked' and not_before > now() and ${which} order by id for no key update
), woken as (
  update loramill.jobs j set release = j.release + 1, enqueued_at = null, not_before = null
  from found f where j.id = f.id returning j.id
)
select id, pg_notify('loramill_dispatch', '') from woken`;

const WAITING = wake("id = any($1) and error->>'code' = 'capacity'");
const WORKING = wake("queue = 'train' and turn->>'phase' = 'running' and turn->>'pod' = $1");

/** Trainings that wait for a machine look again at once, because there is one for them now. Answers how many were woken. */
export async function wakeWaiting(sql: Sql, jobs: readonly JobId[]): Promise<number> {
  if (jobs.length === 0) return 0;
  return (await sql.query(WAITING, [jobs])).rowCount ?? 0;
}

/** The trainings of a machine look at it at once, because it is gone. Answers how many were woken. */
export async function wakeWorking(sql: Sql, pod: string): Promise<number> {
  return (await sql.query(WORKING, [pod])).rowCount ?? 0;
}

/** Has the dispatcher plan machines at once instead of after its pause. */
export async function askForPlan(sql: Sql): Promise<void> {
  await sql.query("select pg_notify('loramill_dispatch', $1)", [PLAN]);
}
