/**
 * Every machine that a provider bills, as SQL: those of pods, and those beside them that were given back. With what its provider's
 * books have of it, what the ledger has, and whether its account is `closed`: only then are the two to be the same. $1: orphans
 * that were given back by then have been charged, because the books do not change any more.
 */
export const MACHINE_ACCOUNTS = `
select m.*, coalesce(l.amount, 0) as charged, b.amount as billed, b.read_at
from (
  select p.provider, p.remote_id, p.name, p.state = 'ended' as closed, p.created_at as at, p.ended_at, o.step,
    coalesce((p.bill->>'amountMicroUsd')::bigint, 0) as metered, true as is_pod
  from loramill.pods p left join loramill.orphans o on o.provider = p.provider and o.remote_id = p.remote_id
  where p.remote_id is not null
  union all
  select o.provider, o.remote_id, o.name, o.at <= $1, o.at, o.at, o.step, 0, false
  from loramill.orphans o
  where not exists (select from loramill.pods p where p.provider = o.provider and p.remote_id = o.remote_id)
) m
left join lateral (
  select sum(amount_micro_usd) as amount from loramill.ledger
  where m.is_pod and pod = m.name or job = m.step
) l on true
left join lateral (
  select sum(amount_micro_usd) as amount, max(read_at) as read_at from loramill.book_entries
  where provider = m.provider and kind = 'machine' and remote_id = m.remote_id
) b on true`;
