import { SERVERLESS } from "@loramill/contracts";

/** The day of an entry `l`, in UTC: no machine has such a name. */
const DAY = "'day ' || to_char(l.at at time zone 'UTC', 'YYYY-MM-DD')";
const SERVERLESS_DAY = `'${SERVERLESS}, ' || ${DAY}`;

/** What an entry of the fleet's own runs was for: a machine, a day of volumes, or a day of the serverless endpoint. */
const STANDING = `coalesce(l.pod, case when l.kind = 'storage' then ${DAY} when l.supplier = '${SERVERLESS}' then ${SERVERLESS_DAY} end)`;
const USES = `m.source in (l.pod, case when l.pod is not null then ${DAY} end, case when l.supplier = '${SERVERLESS}' then ${SERVERLESS_DAY} end)`;

/**
 * The one rule by which what machines cost beside their jobs is shared, as common table expressions that end with `entries`:
 * entries of the ledger, those of machines' own runs (boot and idle time) shared out in proportion to the seconds that jobs had
 * of the machine, or equally among those that it was wanted for when none had any. With `standing`, those of volumes are shared
 * among all jobs that were charged for machines on the same day, and those of the serverless endpoint among those that it drew
 * for; without it, they keep their entries, and nothing but the ledger of the chosen machines is read. Shares are differences of
 * a rounded running sum, so that they add up to the entry to the micro-dollar. What was there for nobody keeps its entry.
 *
 * `chosen`: a condition on entries `l`. $1 is the name of the fleet's project.
 */
export function sharedEntries({ chosen, standing }: { readonly chosen: string; readonly standing: boolean }): string {
  return `
  chosen as materialized (
    select l.*, r.project = fleet.id as is_overhead,
      case when r.project = fleet.id then ${standing ? STANDING : "l.pod"} end as source
    from loramill.ledger l join loramill.runs r on r.id = l.run
    left join (select id from loramill.projects where name = $1) fleet on true
    where ${chosen}
  ), machines as (
    select distinct source from chosen where source is not null
  ), used as (
    select m.source, l.job, l.step, l.run, sum(l.quantity::numeric) as weight
    from machines m join loramill.ledger l on ${standing ? USES : "l.pod = m.source"}
    join loramill.runs r on r.id = l.run
    where l.unit in ('cpu-second', 'gpu-second')
      and r.project <> (select id from loramill.projects where name = $1)
    group by 1, 2, 3, 4 having sum(l.quantity) > 0
  ), wanted as (
    select m.source, j.id as job, j.step, j.run, 1::numeric as weight
    from machines m join loramill.pods p on p.name = m.source
    cross join lateral unnest(p.wanted_for) as w(job) join loramill.jobs j on j.id = w.job
    where not exists (select 1 from used u where u.source = m.source)
  ), shares as (
    select *, sum(weight) over (partition by source order by job) as upto, sum(weight) over (partition by source) as total
    from (select * from used union all select * from wanted) each
  ), entries as (
    select id, run, step, job, pod, supplier, at, amount_micro_usd::numeric as amount, 0::numeric as overhead,
      case when unit in ('cpu-second', 'gpu-second') then quantity else 0 end as seconds
    from chosen where not coalesce(is_overhead, false) or not exists (select 1 from shares s where s.source = chosen.source)
    union all
    select c.id, s.run, s.step, s.job, c.pod, c.supplier, c.at, part.amount, part.amount, 0
    from chosen c join shares s on s.source = c.source
    cross join lateral (
      select floor(c.amount_micro_usd * s.upto / s.total) - floor(c.amount_micro_usd * (s.upto - s.weight) / s.total) as amount
    ) part
    where c.is_overhead
  )`;
}
