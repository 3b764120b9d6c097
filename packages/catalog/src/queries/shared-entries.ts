import { SERVERLESS } from "@loramill/contracts";

/** The day of an entry `l`, in UTC. */
const DAY = "(l.at at time zone 'UTC')::date";
/** How a day is named among machines: none of them has such a name. */
const NAME_OF_DAY = "'day ' || day";

/** What an entry of the fleet's own runs was for: a machine, a day of volumes, or a day of the serverless endpoint. */
const STANDING = `coalesce(l.pod, case
  when l.kind = 'storage' then 'day ' || ${DAY}
  when l.supplier = '${SERVERLESS}' then '${SERVERLESS}, day ' || ${DAY}
end)`;

/** The days that overheads were for, and what jobs used on them: one pass over the entries between the first and the last. */
const USES_OF_DAYS = `
  days as materialized (
    select distinct ${DAY} as day, l.kind = 'storage' as is_storage
    from chosen l where l.is_overhead and l.pod is null and l.source is not null
  ), between_days as materialized (
    select min(day)::timestamp at time zone 'UTC' as first, (max(day) + 1)::timestamp at time zone 'UTC' as past from days
  ), of_days as (
    select ${DAY} as day, l.job, l.step, l.run,
      sum(l.quantity::numeric) filter (where l.pod is not null) as on_machines,
      sum(l.quantity::numeric) filter (where l.supplier = '${SERVERLESS}') as on_endpoint
    from loramill.ledger l
    where l.at >= (select first from between_days) and l.at < (select past from between_days)
      and l.unit in ('cpu-second', 'gpu-second') and (l.pod is not null or l.supplier = '${SERVERLESS}')
    group by 1, 2, 3, 4
  ),`;

const OF_DAYS = `
    union all
    select ${NAME_OF_DAY}, job, step, run, on_machines from of_days join days using (day)
    where is_storage and on_machines > 0
    union all
    select '${SERVERLESS}, ' || ${NAME_OF_DAY}, job, step, run, on_endpoint from of_days join days using (day)
    where not is_storage and on_endpoint > 0`;

/**
 * The one rule by which what machines cost beside their jobs is shared, as common table expressions that end with `entries`:
 * entries of the ledger, those of machines' own runs (boot and idle time) shared out in proportion to the seconds that jobs had
 * of the machine, or equally among those that it was wanted for when none had any. With `standing`, those of volumes are shared
 * among all jobs that were charged for machines on the same day, and those of the serverless endpoint among those that it drew
 * for; without it, they keep their entries, and nothing but the ledger of the chosen machines is read. Shares are differences of
 * a rounded running sum, so that they add up to the entry to the micro-dollar. What was there for nobody keeps its entry.
 *
 * `chosen`: a condition on entries `l`. $1 is the name of the fleet's project. Everything is joined by equality, so that a ledger
 * of months is read in a few passes and not once for each machine.
 */
export function sharedEntries({ chosen, standing }: { readonly chosen: string; readonly standing: boolean }): string {
  return `
  fleet as materialized (
    select id as project from loramill.projects where name = $1
  ), chosen as materialized (
    select l.id, l.run, l.step, l.job, l.pod, l.supplier, l.kind, l.at, l.unit, l.quantity, l.amount_micro_usd,
      fleet.project is not null as is_overhead,
      case when fleet.project is not null then ${standing ? STANDING : "l.pod"} end as source
    from loramill.ledger l join loramill.runs r on r.id = l.run left join fleet on fleet.project = r.project
    where ${chosen}
  ), machines as materialized (
    select distinct pod as source from chosen where is_overhead and pod is not null
  ),${standing ? USES_OF_DAYS : ""} uses as (
    select m.source, l.job, l.step, l.run, sum(l.quantity::numeric) as weight
    from machines m join loramill.ledger l on l.pod = m.source
    where l.unit in ('cpu-second', 'gpu-second')
    group by 1, 2, 3, 4 having sum(l.quantity) > 0${standing ? OF_DAYS : ""}
  ), used as materialized (
    select uses.* from uses join loramill.runs r on r.id = uses.run
    where r.project not in (select project from fleet)
  ), wanted as (
    select m.source, j.id as job, j.step, j.run, 1::numeric as weight
    from machines m join loramill.pods p on p.name = m.source
    cross join lateral unnest(p.wanted_for) as w(job) join loramill.jobs j on j.id = w.job
    where m.source not in (select source from used)
  ), shares as materialized (
    select *, sum(weight) over (partition by source order by job) as upto, sum(weight) over (partition by source) as total
    from (select * from used union all select * from wanted) each
  ), entries as (
    select id, run, step, job, pod, supplier, at, amount_micro_usd::numeric as amount, 0::numeric as overhead,
      case when unit in ('cpu-second', 'gpu-second') then quantity else 0 end as seconds
    from chosen where source is null or source not in (select source from shares)
    union all
    select c.id, s.run, s.step, s.job, c.pod, c.supplier, c.at, part.amount, part.amount, 0
    from chosen c join shares s on s.source = c.source
    cross join lateral (
      select floor(c.amount_micro_usd * s.upto / s.total) - floor(c.amount_micro_usd * (s.upto - s.weight) / s.total) as amount
    ) part
  )`;
}
