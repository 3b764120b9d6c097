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

export const spendingByDayAndProjectAddsUpToTheLedger: Check = ({ query }) =>
  query(`
    with entries as (
      select r.project, l.amount_micro_usd as amount, to_char(l.at at time zone 'utc', 'YYYY-MM-DD') as day
      from loramill.ledger l join loramill.runs r on r.id = l.run
    ), entered as (
      select period, project, sum(amount) as amount
      from (select project, amount, day as period from entries union all select project, amount, 'total' from entries) e
      group by period, project
    )
    select coalesce(e.period, s.period) as period, coalesce(e.project, s.project) as project, e.amount as entered,
      s.amount_micro_usd as counted
    from entered e full join loramill.spending s on s.period = e.period and s.project = e.project
    where coalesce(e.amount, 0) <> coalesce(s.amount_micro_usd, 0)`);

/** Not at any moment: a budget may be raised later. */
export const noRunSpendsMoreThanItsBudget: Check = ({ query }) =>
  query(`
    select id as name, spent_micro_usd as spent, budget_micro_usd as allowed from loramill.runs
    where spent_micro_usd > budget_micro_usd
    union all select name, spent, allowed from history.overspendings where what = 'budget'`);

/** Of a day or in all, of a project or the account, at any moment. */
export const noCeilingIsPassed: Check = ({ query }) =>
  query("select what, name, spent, allowed, at from history.overspendings where what <> 'budget' order by id limit 20");

export const everyChargeIsOfAnAttempt: Check = ({ query }) =>
  query(`
    select l.id from loramill.ledger l left join loramill.attempts a on a.job = l.job and a.epoch = l.epoch
    where a.job is null`);

/** Its charges are written at one moment, with its outcome. */
export const noAttemptIsChargedTwice: Check = ({ query }) =>
  query(`
    select job, epoch, count(distinct at)::int as times from loramill.ledger
    group by job, epoch having count(distinct at) > 1`);

/**
 * Its mark names it: within a job, and on the bill of a machine whoever had it. Slices of what an agent metered (`epoch@agent:slice`)
 * are named within their job alone; that those of a machine do not overlap, its own times tell.
 */
export const noPaymentIsChargedTwice: Check = ({ query }) =>
  query(`
    select coalesce(case when mark like '%@%' then job end, pod, job) as payer, mark, count(*)::int as times
    from loramill.ledger where mark is not null
    group by 1, 2 having count(*) > 1`);
