/** What jobs have set aside and may still spend, as SQL: all of it in micro-dollars. */

export const OPEN = `('released', 'active', 'parked')`;

/**
 * What was spent of that which was set aside for job `j`: its own charges. The job that tends a machine sets aside what the
 * whole bill of the machine may come to, so there it is what anybody was charged for the machine.
 */
export const SPENT = `case when j.queue = 'provision' then (
  select coalesce(sum(l.amount_micro_usd), 0)
  from loramill.pods t join loramill.ledger l on l.pod = t.name where t.run = j.run
) else j.spent_micro_usd end`;

/** What job `j` may still spend of what was set aside for it. */
export const RESERVED = `greatest(0, j.estimate_micro_usd - ${SPENT})`;

/**
 * A machine costs money also while the job that tends it waits, because its worker was stopped: nobody else may have that. Of
 * ceiling `c`.
 */
export const RECALLED_TENDERS = `(
  select coalesce(sum(${RESERVED}), 0)
  from loramill.pods p join loramill.steps s on s.run = p.run join loramill.jobs j on j.step = s.id
  where p.state <> 'ended' and j.state = 'waiting' and (c.project = '' or j.project = c.project)
)`;

/**
 * The time for which trainings had machines and are not charged yet: the machine has set its price aside, being on its bill, and
 * so has the training, so it is to be counted once. A training's part of a bill begins with what was on it when the machine
 * was given to it (`turn.podMicroUsd`), and ends where that of the next begins.
 */
export const SET_ASIDE_TWICE = `(
  select coalesce(sum(least(each.twice, ${RESERVED})), 0)
  from (
    select part.run, sum(greatest(0, least(part.reserved, part.used - part.charged))) as twice
    from (
      select p.run, ${RESERVED} as reserved,
        lead((j.turn->>'podMicroUsd')::bigint, 1, (p.bill->>'amountMicroUsd')::bigint)
          over (partition by p.name order by (j.turn->>'podMicroUsd')::bigint, j.id) - (j.turn->>'podMicroUsd')::bigint as used,
        (select coalesce(sum(l.amount_micro_usd), 0) from loramill.ledger l where l.job = j.id and l.pod = p.name) as charged
      from loramill.pods p join loramill.jobs j on j.turn->>'pod' = p.name
      where p.state <> 'ended' and j.queue = 'train' and j.state in ${OPEN} and j.turn->>'phase' = 'running'
        and j.turn->>'podMicroUsd' is not null
    ) part group by part.run
  ) each
  join loramill.steps s on s.run = each.run
  join loramill.jobs j on j.step = s.id and (j.state in ${OPEN} or j.state = 'waiting')
)`;

/**
 * What job `j` of step `s` may be released with where there is no room for all of it: what it was refused last, which its turn
 * says (apps/trainer/src/stop-early.ts), else what its plan says. Null of a job that needs all it may cost.
 */
export const LEAST = `coalesce(
  (j.turn->>'neededMicroUsd')::bigint, (s.planned->'estimate'->>'leastMicroUsd')::bigint
)`;

/**
 * What the release of waiting job `j` of step `s` sets aside where there is room. One that was released with its least has that in
 * `estimate_micro_usd`: its plan says what the whole may cost.
 */
export const WANTED = `case when ${LEAST} is null then ${RESERVED} else greatest(
  ${RESERVED}, ${LEAST}, (s.planned->'estimate'->>'microUsd')::bigint - j.spent_micro_usd
) end`;
