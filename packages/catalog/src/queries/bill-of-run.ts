import { FLEET_PROJECT, type MicroUsd, type RunId } from "@loramill/contracts";
import { type Sql, toNumber } from "../connection.ts";
import { PLANNING_EPOCH } from "./charge-planning.ts";
import { sharedEntries } from "./shared-entries.ts";

/**
 * The machines of run $2 are those that it used and those that were wanted for its jobs. What they cost beside their jobs is
 * shared as in reports of costs; volumes, which are there whether or not a run uses them, are left out, and so is what planning
 * the run cost.
 */
const BILL = `
with its_machines as (
  select pod from loramill.ledger where run = $2 and pod is not null
  union
  select p.name from loramill.pods p join loramill.jobs j on j.id = any(p.wanted_for)
  where j.run = $2 and p.created_at >= (select created_at from loramill.runs where id = $2)
), its_entries as (
  select id from loramill.ledger where run = $2 and epoch <> ${PLANNING_EPOCH}
  union
  select l.id from its_machines m join loramill.ledger l on l.pod = m.pod
), ${sharedEntries({ chosen: "l.id in (select id from its_entries)", standing: false })}
select coalesce(sum(amount), 0) as amount, coalesce(sum(overhead), 0) as overhead from entries where run = $2`;

/** What a run has come to, with its share of the boot and idle time of machines. */
export async function billOfRun(sql: Sql, run: RunId): Promise<MicroUsd> {
  return toNumber((await read(sql, run))?.amount ?? "0");
}

/** Of what a run has come to, its share of the boot and idle time of machines: its own ledger does not have it. */
export async function overheadOfRun(sql: Sql, run: RunId): Promise<MicroUsd> {
  return toNumber((await read(sql, run))?.overhead ?? "0");
}

async function read(sql: Sql, run: RunId) {
  const { rows } = await sql.query<{ amount: string; overhead: string }>(BILL, [FLEET_PROJECT, run]);
  return rows[0];
}
