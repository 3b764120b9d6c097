import type { Charge, RunId } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";

/** Epochs of attempts begin at 1. */
export const PLANNING_EPOCH = 0;

/**
 * Enters in the ledger what was paid before the run had a job, under the step that pictures come from, else its first. The
 * step itself stands in the job's place, with an epoch that no attempt has. It counts against the run's budget and the
 * ceilings like any other.
 */
export async function chargePlanning(
  sql: Sql,
  { run, charges }: { readonly run: RunId; readonly charges: readonly (Charge & { readonly id: string })[] },
): Promise<void> {
  if (charges.length === 0) return;
  const { rows } = await sql.query<{ id: string }>(
    "select id from loramill.steps where run = $1 order by (kind = 'generate') desc, ordinal limit 1",
    [run],
  );
  const [step] = rows;
  if (step === undefined) throw new RangeError("a run without steps was charged for planning");
  await sql.query(
    `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note)
     select c.id, $1, $2, $2, $3, c.place - 1, c.kind, c.supplier, c.quantity, c.unit, c."amountMicroUsd", c.note
     from rows from (json_to_recordset($4::json) as (id text, kind text, supplier text, quantity float8, unit text,
       "amountMicroUsd" bigint, note text)) with ordinality
       as c(id, kind, supplier, quantity, unit, "amountMicroUsd", note, place)`,
    [run, step.id, PLANNING_EPOCH, jsonText(charges)],
  );
  const amount = charges.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0);
  await countSpending(sql, { run, step: step.id }, amount);
}

/** Counts what was entered in the ledger against the sums that budgets and ceilings look at. */
export async function countSpending(
  sql: Sql,
  { run, step }: { readonly run: RunId; readonly step: string },
  amount: number,
): Promise<void> {
  await sql.query("update loramill.steps set spent_micro_usd = spent_micro_usd + $2 where id = $1", [step, amount]);
  await sql.query("update loramill.runs set spent_micro_usd = spent_micro_usd + $2 where id = $1", [run, amount]);
  await sql.query(
    `insert into loramill.spending as s (period, project, amount_micro_usd)
     select p.period, r.project, $2::bigint
     from loramill.runs r, (values ('total'), (to_char(now() at time zone 'utc', 'YYYY-MM-DD'))) as p(period)
     where r.id = $1 and $2::bigint > 0
     order by p.period
     on conflict (period, project) do update set amount_micro_usd = s.amount_micro_usd + excluded.amount_micro_usd`,
    [run, amount],
  );
}
