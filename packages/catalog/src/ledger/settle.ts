import type { JobState, SettleAnswer, Settlement } from "@loramill/contracts";
import type pg from "pg";
import { inTransaction, type NewId, type Sql } from "../connection.ts";
import { jsonText } from "../json-text.ts";
import { type Published, writeRecords } from "./records.ts";

const STATE_AFTER = {
  succeeded: "succeeded",
  parked: "parked",
  retrying: "parked",
  failed: "failed",
  quarantined: "quarantined",
  cancelled: "cancelled",
  recalled: "waiting",
} as const satisfies Record<Settlement["kind"], JobState>;

/** A row of `json_to_recordset`; the names are those of the statement below. */
function toRow(settlement: Settlement, ord: number, newId: NewId) {
  const base = {
    ord,
    job: settlement.job,
    epoch: settlement.epoch,
    kind: settlement.kind,
    state: STATE_AFTER[settlement.kind],
    ended: settlement.endedAt,
    spends: 0,
    charges: settlement.charges.map((charge, ordinal) => ({ ...charge, ordinal, id: newId("led") })),
  };
  switch (settlement.kind) {
    case "succeeded":
      return { ...base, output: settlement.output };
    case "parked":
      return { ...base, until: settlement.until, turn: settlement.turn };
    case "retrying":
      return {
        ...base,
        until: settlement.until,
        error: settlement.error,
        spends: settlement.spendsAttempt ? 1 : 0,
        turn: settlement.turn,
      };
    case "failed":
    case "quarantined":
      return { ...base, error: settlement.error, spends: 1, quarantine: newId("qua") };
    case "cancelled":
      return base;
    case "recalled":
      return { ...base, turn: settlement.turn };
  }
}

/**
 * Settles many jobs in one statement, in this order of locks: jobs by id, steps by id, runs by id, sums of projects, event
 * streams.
 * Outcomes count only for the current epoch of an active job. Charges are kept in any case, once per (job, epoch, place)
 * and once per (job, mark): a settlement that is sent twice writes nothing twice and is answered `recorded` both times. The
 * exception is a rented machine whose account is closed: all of it has been charged, so that who tells of a part of it after that,
 * such as a training that was resumed, is charged nothing for it.
 * A turn that ended well forgives the attempts spent and the workers lost before it: what they were spent on is behind the
 * job, and a training of many hours outlives more short failures than a job may have in a row.
 */
const SETTLE = `
with found as materialized (
  select s.*, j.run, j.step, j.project, j.queue, j.state as before, j.epoch = s.epoch and j.state = 'active' as valid
  from json_to_recordset($1::json) as s(ord int, job text, epoch int, kind text, state text, output jsonb,
    until timestamptz, turn jsonb, error jsonb, spends int, ended timestamptz, charges json, quarantine text)
  join loramill.jobs j on j.id = s.job
  order by j.id
  for no key update of j
), charged as (
  insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note,
    mark, pod)
  select c.id, f.run, f.step, f.job, f.epoch, c.ordinal, c.kind, c.supplier, c.quantity, c.unit, c."amountMicroUsd", c.note,
    c.mark, c.pod
  from found f, json_to_recordset(f.charges) as c(id text, ordinal int, kind text, supplier text, quantity float8,
    unit text, "amountMicroUsd" bigint, note text, mark text,
    pod text)
  where not exists (select from loramill.pods p where p.name = c.pod and p.state = 'ended' and p.run <> f.run)
  on conflict do nothing
  returning run, step, job, ordinal, amount_micro_usd as amount
), earned as materialized (
  select c.job, f.project, sum(c.amount)::bigint as amount
  from charged c join found f on f.job = c.job
  group by c.job, f.project having sum(c.amount) > 0
), settled as (
  update loramill.jobs j
  set spent_micro_usd = j.spent_micro_usd + coalesce(e.amount, 0), state = f.state, output = f.output, turn = f.turn, error = f.error, not_before = f.until,
      attempts_spent = case when f.kind = 'parked' then 0 else j.attempts_spent + f.spends end,
      workers_lost = case when f.kind = 'parked' then 0 else j.workers_lost end,
      waiting_since = case when f.state = 'waiting' then now() else j.waiting_since end,
      enqueued_at = case when f.state = 'waiting' then null else j.enqueued_at end,
      ended_at = case when f.state in ('waiting', 'parked') then null else f.ended end
  from found f left join earned e on e.job = f.job
  where f.valid and j.id = f.job
), spent_in_vain as (
  update loramill.jobs j set spent_micro_usd = j.spent_micro_usd + e.amount
  from earned e join found f on f.job = e.job
  where not f.valid and j.id = e.job
), closed as (
  update loramill.attempts a set ended_at = f.ended, outcome = f.kind, error = f.error
  from found f
  where f.valid and a.job = f.job and a.epoch = f.epoch
), isolated as (
  insert into loramill.quarantine (id, project, run, step, job, queue, reason, error)
  select quarantine, project, run, step, job, queue, coalesce(error->>'message', 'quarantined'), error
  from found where valid and kind = 'quarantined'
), delta as materialized (
  select step, sum(waiting)::int as waiting, sum(gone)::int as gone, sum(succeeded)::int as succeeded,
    sum(failed)::int as failed, sum(cancelled)::int as cancelled, sum(amount)::bigint as amount
  from (
    select step, (state = 'waiting')::int as waiting, (state <> 'parked')::int as gone,
      (state = 'succeeded')::int as succeeded, (state in ('failed', 'quarantined'))::int as failed,
      (state = 'cancelled')::int as cancelled, 0::bigint as amount
    from found where valid
    union all
    select step, 0, 0, 0, 0, 0, amount from charged
  ) each
  group by step
  having sum(gone) > 0 or sum(amount) > 0
), locked_steps as materialized (
  select s.id, d.* from delta d join loramill.steps s on s.id = d.step order by s.id for no key update of s
), counted as (
  update loramill.steps s
  set jobs_waiting = s.jobs_waiting + d.waiting, jobs_open = s.jobs_open - d.gone,
      jobs_succeeded = s.jobs_succeeded + d.succeeded, jobs_failed = s.jobs_failed + d.failed,
      jobs_cancelled = s.jobs_cancelled + d.cancelled, spent_micro_usd = s.spent_micro_usd + d.amount,
      told_at = case when s.jobs_waiting + d.waiting + s.jobs_open - d.gone = 0 or s.told_at is null
        or s.told_at < now() - interval '250 ms' then now() else s.told_at end
  from locked_steps d
  where s.id = d.id
  returning s.id, s.run, s.jobs_total, s.jobs_waiting, s.jobs_open, s.jobs_succeeded, s.jobs_failed, s.jobs_cancelled,
    s.told_at = now() and d.gone > 0 as tell, d.gone > 0 and (s.jobs_waiting + s.jobs_open = 0 or d.failed > 0) as look,
    d.amount
), touched as materialized (
  select r.id, t.amount, t.look
  from (select run, sum(amount)::bigint as amount, bool_or(look) as look from counted group by run) t
  join loramill.runs r on r.id = t.run
  where t.amount > 0 or t.look
  order by r.id
  for no key update of r
), spent as (
  update loramill.runs r set spent_micro_usd = r.spent_micro_usd + t.amount, attention = r.attention or t.look
  from touched t
  where r.id = t.id
), added as (
  insert into loramill.spending as s (period, project, amount_micro_usd)
  select p.period, e.project, e.amount
  from (select project, sum(amount)::bigint as amount from earned group by project) e,
    (values ('total'), (to_char(now() at time zone 'utc', 'YYYY-MM-DD'))) as p(period)
  order by p.period, e.project
  on conflict (period, project) do update set amount_micro_usd = s.amount_micro_usd + excluded.amount_micro_usd
), told as (
  insert into loramill.run_events (run, step, job, type, data)
  select run, step, job, type, data from (
    select run, step, job, type, data, pg_advisory_xact_lock(hashtextextended(run, 0)) from (
      select run, id as step, null as job, 'step.progress' as type, jsonb_build_object('total', jobs_total,
        'waiting', jobs_waiting, 'open', jobs_open, 'succeeded', jobs_succeeded, 'failed', jobs_failed,
        'cancelled', jobs_cancelled) as data
      from counted where tell
      union all
      select run, step, job, 'job.' || kind, jsonb_build_object('epoch', epoch, 'error', error)
      from found where valid and kind in ('retrying', 'failed', 'quarantined')
    ) each order by run, type
  ) each
  returning run
)
select found.ord, valid, coalesce(taken.ordinals, '{}') as taken, valid or exists (
    select from loramill.attempts a where a.job = found.job and a.epoch = found.epoch and a.outcome = found.kind
  ) as recorded, found.run, found.step, found.project,
  (select count(pg_notify('loramill_events', run)) from (select distinct run from told) each) as events,
  (select count(pg_notify('loramill_dispatch', '')) from counted where look or ($2 and jobs_waiting > 0)) as wakes
from found left join (
  select job, array_agg(ordinal order by ordinal) as ordinals from charged group by job
) taken on taken.job = found.job`;

interface SettledRow {
  readonly ord: number;
  /** Whether this very statement has written the outcome; `recorded` is also true for a repeated settlement. */
  readonly valid: boolean;
  readonly recorded: boolean;
  /** Places of the charges that this statement has added to the ledger. */
  readonly taken: readonly number[];
  readonly run: string;
  readonly step: string;
  readonly project: string;
  /** Whether the dispatcher was woken. */
  readonly wakes: string;
}

/** `wake`: whether the dispatcher should hear of freed places although no step has ended. */
export async function settleBatch(
  pool: pg.Pool,
  settlements: readonly Settlement[],
  options: { readonly wake: boolean; readonly newId: NewId },
): Promise<SettleAnswer[]> {
  const values = [jsonText(settlements.map((settlement, ord) => toRow(settlement, ord, options.newId))), options.wake];
  const settle = async (sql: Sql) => (await sql.query<SettledRow>({ name: "settle", text: SETTLE, values })).rows;
  const hasRecords = settlements.some((settlement) => settlement.records.length > 0);
  const rows = hasRecords
    ? await inTransaction(pool, async (client) => {
        const settled = await settle(client);
        const published = settled.flatMap((row) => {
          const settlement = settlements[row.ord];
          return settlement === undefined || !row.valid ? [] : [{ ...row, ...settlement }];
        });
        await writeRecords(client, await withoutReplays(client, published), options.newId);
        return settled;
      })
    : await settle(pool);
  const answers: SettleAnswer[] = settlements.map(() => ({ kind: "superseded", taken: [] }));
  for (const { ord, recorded, taken } of rows) {
    const told = settlements[ord]?.charges ?? [];
    answers[ord] = {
      kind: recorded ? "recorded" : "superseded",
      taken: told.filter((_, ordinal) => taken.includes(ordinal)),
    };
  }
  return answers;
}

/** What replays make is there to be compared, and is no part of the library; only their checkpoints are written down. */
async function withoutReplays(sql: Sql, published: readonly Published[]): Promise<Published[]> {
  const { rows } = await sql.query<{ id: string }>(
    "select id from loramill.runs where id = any($1) and replay_of is not null",
    [[...new Set(published.map(({ run }) => run))]],
  );
  const replays = new Set(rows.map(({ id }) => id));
  return published.map((each) =>
    replays.has(each.run) ? { ...each, records: each.records.filter(({ kind }) => kind === "checkpoint") } : each,
  );
}
