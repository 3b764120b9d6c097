import { FLEET_PROJECT, type MicroUsd, type RunId } from "@loramill/contracts";
import { type Sql, toNumber } from "../connection.ts";

/**
 * The machines of run $2 are those that it used and those that were wanted for its jobs. What each cost besides its jobs is
 * shared by the seconds that these had of it, or equally among those that it was wanted for when none had any, as reports of
 * costs share it out; volumes, which are there whether or not a run uses them, are left out, and so is what planning it cost.
 */
const BILL = `
with machines as (
  select pod from loramill.ledger where run = $2 and pod is not null
  union
  select p.name from loramill.pods p join loramill.jobs j on j.id = any(p.wanted_for)
  where j.run = $2 and p.created_at >= (select created_at from loramill.runs where id = $2)
), used as (
  select l.pod, coalesce(sum(l.amount_micro_usd) filter (where r.project = f.id), 0) as overhead,
    coalesce(sum(l.quantity) filter (where l.unit in ('cpu-second', 'gpu-second') and r.project <> f.id), 0) as seconds,
    coalesce(sum(l.quantity) filter (where l.unit in ('cpu-second', 'gpu-second') and l.run = $2), 0) as own
  from machines m join loramill.ledger l on l.pod = m.pod join loramill.runs r on r.id = l.run
  cross join (select id from loramill.projects where name = $1) f
  group by l.pod
), shares as (
  select u.overhead, case when u.seconds > 0 then u.own / u.seconds else coalesce((
    select avg((j.run = $2)::int) from loramill.pods p join loramill.jobs j on j.id = any(p.wanted_for) where p.name = u.pod
  ), 0) end as share
  from used u
)
select coalesce((select sum(amount_micro_usd) from loramill.ledger where run = $2 and epoch > 0), 0)
  + coalesce((select round(sum(overhead * share)) from shares), 0) as amount`;

/** What a run has come to, with its share of the boot and idle time of machines, rounded to the micro-dollar. */
export async function billOfRun(sql: Sql, run: RunId): Promise<MicroUsd> {
  const { rows } = await sql.query<{ amount: string }>(BILL, [FLEET_PROJECT, run]);
  return Math.round(toNumber(rows[0]?.amount ?? "0"));
}
