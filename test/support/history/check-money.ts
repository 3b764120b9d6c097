import type { Check } from "./history.ts";

export const countersAddUpToTheLedger: Check = ({ query }) =>
  query(`
    with entries as (select run, step, job, pod, amount_micro_usd as amount from loramill.ledger)
    select 'run' as what, id, spent_micro_usd as counted, entered from loramill.runs r
    cross join lateral (select coalesce(sum(amount), 0) as entered from entries where run = r.id) e
    where spent_micro_usd <> entered
    union all
    select 'step', id, spent_micro_usd, entered from loramill.steps s
    cross join lateral (select coalesce(sum(amount), 0) as entered from entries where step = s.id) e
    where spent_micro_usd <> entered
    union all
    select 'job', id, spent_micro_usd, entered from loramill.jobs j
    cross join lateral (select coalesce(sum(amount), 0) as entered from entries where job = j.id) e
    where spent_micro_usd <> entered
    union all
    select 'account', period, amount_micro_usd, entered
    from (select period, sum(amount_micro_usd) as amount_micro_usd from loramill.spending group by period) s
    cross join (select coalesce(sum(amount), 0) as entered from entries) e
    where period = 'total' and amount_micro_usd <> entered`);

export const noRunSpendsMoreThanItsBudget: Check = ({ query }) =>
  query(`
    select id, spent_micro_usd, budget_micro_usd from loramill.runs
    where spent_micro_usd > budget_micro_usd`);

export const everyChargeIsOfAnAttempt: Check = ({ query }) =>
  query(`
    select l.id from loramill.ledger l left join loramill.attempts a on a.job = l.job and a.epoch = l.epoch
    where a.job is null`);

/** Its charges are written at one moment, with its outcome. */
export const noAttemptIsChargedTwice: Check = ({ query }) =>
  query(`
    select job, epoch, count(distinct at)::int as times from loramill.ledger
    group by job, epoch having count(distinct at) > 1`);

export const noPaymentIsChargedTwice: Check = ({ query }) =>
  query(`
    select job, mark, count(*)::int as times from loramill.ledger where mark is not null
    group by job, mark having count(*) > 1`);
