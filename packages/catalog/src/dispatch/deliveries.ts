import type { BatchId, ErrorRecord, JobId, QueueName, RunId, SpendingLimit, StepId } from "@loramill/contracts";
import { type Connection, inTransaction, retryConflicts, type Sql, toNumber } from "../connection.ts";
import {
  type BatchLimit,
  batchLimits,
  budgetLimits,
  type CeilingLimit,
  ceilingLimits,
  isOfMoney,
  takeSpendingLock,
} from "../fleet/limits.ts";
import { LEAST, OPEN, WANTED } from "../fleet/reserved.ts";

/** A job that could be released, as the fair share looks at it. */
export interface Candidate {
  readonly job: JobId;
  readonly project: string;
  readonly run: RunId;
  /** The batch of its run; null where that is of none. */
  readonly batch: BatchId | null;
  readonly queue: QueueName;
  readonly priority: number;
  readonly waitingSince: Date;
  /** What its release sets aside: what it may still spend. 0 for those that tend machines, whose money stays set aside. */
  readonly estimateMicroUsd: number;
  /** What it may be released with where there is less room; null where it needs all of it. */
  readonly leastMicroUsd: number | null;
}

/** A job that is released, and what that sets aside for it; null leaves it at what it has in its row. */
export interface ChosenJob {
  readonly job: string;
  readonly reservesMicroUsd: number | null;
}

/** What binds the release of jobs: budgets by run, those of batches, and ceilings. */
export interface ReleaseBounds {
  readonly budgets: Readonly<Record<string, SpendingLimit>>;
  readonly batches: readonly BatchLimit[];
  /** Of money; one by the hour binds what is rented. */
  readonly ceilings: readonly CeilingLimit[];
}

/** A delivery that the queue should have. */
export interface Outgoing {
  readonly job: JobId;
  readonly release: number;
  readonly queue: QueueName;
  /** Milliseconds until it is due; 0 when it is. */
  readonly delayMs: number;
}

/** What a job was when it was looked at; a write that depends on it does nothing when the job has moved since. */
export interface SeenDelivery {
  readonly job: JobId;
  readonly queue: QueueName;
  readonly state: string;
  readonly release: number;
  readonly epoch: number;
}

/** Steps of one project and queue whose jobs are looked at in one round; the rest comes when these have drained. */
const STEPS_PER_PROJECT = 64;

const RELEASE = `
with found as materialized (
  select id, step from loramill.jobs where id = any($1) and state = 'waiting' order by id for no key update
), released as (
  update loramill.jobs j
  set state = 'released', release = j.release + 1, enqueued_at = null, released_at = now(), not_before = null,
    estimate_micro_usd = coalesce(j.spent_micro_usd + c.reserves, j.estimate_micro_usd)
  from found f join unnest($1::text[], $2::bigint[]) as c(id, reserves) on c.id = f.id
  where j.id = f.id
  returning j.id
), locked as materialized (
  select s.id, d.count
  from (select step, count(*)::int as count from found group by step) d join loramill.steps s on s.id = d.step
  order by s.id for no key update of s
), counted as (
  update loramill.steps s set jobs_waiting = s.jobs_waiting - d.count, jobs_open = s.jobs_open + d.count
  from locked d
  where s.id = d.id
)
select count(*)::int as count from released`;

async function release(sql: Sql, jobs: readonly ChosenJob[]): Promise<number> {
  const columns = [jobs.map(({ job }) => job), jobs.map(({ reservesMicroUsd }) => reservesMicroUsd)];
  const { rows } = await sql.query<{ count: number }>(RELEASE, columns);
  return rows[0]?.count ?? 0;
}

/**
 * Waiting jobs end at once. Released and parked ones too, unless a turn has left something behind: then a worker gets
 * the job once more, at once, to end what may run elsewhere; after `$2` milliseconds nobody waits for that any more, and the
 * job ends with the error `$4`.
 * Active ones are told by their next heartbeat.
 */
const CANCEL = `
with found as materialized (
  select id, step, state, cancel_requested_at is null as fresh, state <> 'waiting' and turn is not null as unheard,
    state = 'waiting' or (state in ('released', 'parked')
      and (turn is null or coalesce(cancel_requested_at < now() - $2 * interval '1 millisecond', false))) as ends
  from loramill.jobs
  where step = $1 and state in ('waiting', 'released', 'active', 'parked')
  order by id for no key update
), ended as (
  update loramill.jobs j
  set state = 'cancelled', cancel_requested_at = coalesce(j.cancel_requested_at, now()), ended_at = now(),
    error = case when f.unheard then $4::jsonb else $3::jsonb end
  from found f
  where f.ends and j.id = f.id
), asked as (
  update loramill.jobs j
  set cancel_requested_at = now(), release = j.release + (j.state <> 'active')::int,
    enqueued_at = case when j.state = 'active' then j.enqueued_at end,
    not_before = case when j.state = 'active' then j.not_before end
  from found f
  where not f.ends and f.fresh and j.id = f.id
), counts as materialized (
  select count(*) filter (where state = 'waiting')::int as waiting,
    count(*) filter (where state <> 'waiting' and ends)::int as open,
    count(*) filter (where ends)::int as ended, count(*) filter (where ends and unheard)::int as unheard,
    count(*) filter (where not ends)::int as remaining
  from found
), counted as (
  update loramill.steps s
  set jobs_waiting = s.jobs_waiting - c.waiting, jobs_open = s.jobs_open - c.open, jobs_cancelled = s.jobs_cancelled + c.ended
  from counts c
  where s.id = $1 and c.ended > 0
)
select ended, unheard, remaining from counts`;

const UNHEARD = "no worker came to end what it left elsewhere, which goes on until its own limits end it";

interface CancelledJobs {
  readonly ended: number;
  readonly unheard: number;
  readonly remaining: number;
}

export function deliveryQueries({ pool }: Connection) {
  return {
    /** Open jobs by queue and project. */
    async openCounts(): Promise<{ queue: QueueName; project: string; open: number }[]> {
      const { rows } = await pool.query<{ queue: QueueName; project: string; open: number }>(
        `select queue, project, count(*)::int as open from loramill.jobs where state in ${OPEN} group by queue, project`,
      );
      return rows;
    },

    /** Of each step that has waiting jobs, the first ones: as many as asked for its queue. */
    async candidates(request: {
      readonly perStep: Readonly<Record<string, number>>;
      readonly ageingMs: number;
    }): Promise<Candidate[]> {
      const { rows } = await pool.query<
        Omit<Candidate, "estimateMicroUsd" | "leastMicroUsd"> & { estimate: string; least: string | null }
      >(
        `select j.id as job, s.project, s.run, s.batch, s.queue, s.priority, j.waiting_since as "waitingSince",
           case when s.queue = 'provision' then 0 else j.wanted end as estimate,
           case when s.queue = 'provision' then null else j.least end as least
         from (
           select s.id, s.run, s.queue, s.planned, q.per_step, r.project, r.batch, r.priority, row_number() over (
             partition by s.queue, r.project
             order by greatest(0, r.priority - extract(epoch from now() - s.started_at) * 1000 / $3), s.started_at, s.id
           ) as place
           from unnest($1::text[], $2::int[]) as q(queue, per_step)
           join loramill.steps s on s.queue = q.queue
           join loramill.runs r on r.id = s.run
           where s.jobs_waiting > 0 and s.state = 'running' and r.state = 'running' and r.cancel_requested_at is null
         ) s
         cross join lateral (
           select id, waiting_since, ${WANTED} as wanted, ${LEAST} as least from loramill.jobs j
           where step = s.id and state = 'waiting' order by ordinal limit s.per_step
         ) j
         where s.place <= $4`,
        [Object.keys(request.perStep), Object.values(request.perStep), request.ageingMs, STEPS_PER_PROJECT],
      );
      return rows.map(({ estimate, least, ...row }) => ({
        ...row,
        estimateMicroUsd: toNumber(estimate),
        leastMicroUsd: least === null ? null : toNumber(least),
      }));
    },

    /** Marks waiting jobs as released. From then on they are owed to the queue: `unsent` lists them. */
    release: (jobs: readonly string[]): Promise<number> =>
      retryConflicts(() =>
        release(
          pool,
          jobs.map((job) => ({ job, reservesMicroUsd: null })),
        ),
      ),

    /**
     * Releases what `choose` finds room for in the budgets of these runs and in the ceilings. Nobody sets money aside
     * in between, so that the jobs which were chosen are within them together.
     */
    async releaseWithin(
      runs: readonly RunId[],
      choose: (bounds: ReleaseBounds) => readonly ChosenJob[],
    ): Promise<number> {
      return inTransaction(pool, async (sql) => {
        await takeSpendingLock(sql);
        const budgets = await budgetLimits(sql, runs);
        const batches = await batchLimits(sql, runs);
        const ceilings = (await ceilingLimits(sql)).filter(isOfMoney);
        const chosen = choose({ budgets, batches, ceilings });
        return chosen.length === 0 ? 0 : release(sql, chosen);
      });
    },

    /**
     * Deliveries that the queue has not been seen to take. Adding one twice does nothing: its id is the same. Of jobs that
     * were released at the same moment, those that load the same models come one after the other, whosever they are: that
     * puts a job off by one window of the queue at most.
     */
    async unsent(limit: number): Promise<Outgoing[]> {
      const { rows } = await pool.query<Outgoing>(
        `select j.id as job, j.release, j.queue,
           greatest(0, coalesce(extract(epoch from j.not_before - now()) * 1000, 0))::float8 as "delayMs"
         from loramill.jobs j join loramill.steps s on s.id = j.step
         where j.state in ${OPEN} and j.enqueued_at is null
         order by j.released_at, s.planned->>'affinity' nulls first, j.step, j.ordinal limit $1`,
        [limit],
      );
      return rows;
    },

    async markSent(sent: readonly Outgoing[]): Promise<void> {
      await retryConflicts(() =>
        pool.query(
          `with found as materialized (
             select j.id from unnest($1::text[], $2::int[]) as d(job, release)
             join loramill.jobs j on j.id = d.job and j.release = d.release and j.enqueued_at is null
             order by j.id for no key update of j
           )
           update loramill.jobs j set enqueued_at = now() from found f where j.id = f.id`,
          [sent.map(({ job }) => job), sent.map(({ release }) => release)],
        ),
      );
    },

    /**
     * Open jobs whose delivery should be in the queue by now, page by page: those sent `settleMs` ago or earlier, and
     * of the active ones those silent for `silentMs`.
     */
    async inQueue(page: {
      readonly queue: QueueName;
      readonly after: string;
      readonly limit: number;
      readonly settleMs: number;
      readonly silentMs: number;
    }): Promise<SeenDelivery[]> {
      const { rows } = await pool.query<SeenDelivery>(
        `select id as job, queue, state, release, epoch from loramill.jobs
         where queue = $1 and id > $2 and state in ${OPEN} and enqueued_at < now() - $4 * interval '1 millisecond'
           and (state <> 'active' or heartbeat_at < now() - $5 * interval '1 millisecond')
         order by id limit $3`,
        [page.queue, page.after, page.limit, page.settleMs, page.silentMs],
      );
      return rows;
    },

    /** Owes the queue a new delivery of jobs that it lost; those that have moved since they were seen are left alone. */
    async redeliver(lost: readonly SeenDelivery[], silentMs: number): Promise<number> {
      const { rowCount } = await retryConflicts(() =>
        pool.query(
          `with found as materialized (
             select j.id from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as d(job, state, release, epoch)
             join loramill.jobs j
               on j.id = d.job and j.state = d.state and j.release = d.release and j.epoch = d.epoch
               and (j.state <> 'active' or j.heartbeat_at < now() - $5 * interval '1 millisecond')
             order by j.id for no key update of j
           )
           update loramill.jobs j set release = j.release + 1, enqueued_at = null from found f where j.id = f.id`,
          [
            lost.map(({ job }) => job),
            lost.map(({ state }) => state),
            lost.map(({ release }) => release),
            lost.map(({ epoch }) => epoch),
            silentMs,
          ],
        ),
      );
      return rowCount ?? 0;
    },

    /**
     * Ends the jobs of a step that can be ended at once and asks the others to stop; answers how many ended, for how many of
     * these no worker came to end what they left elsewhere, and how many are still open.
     */
    async cancelJobs(request: {
      readonly step: StepId;
      readonly graceMs: number;
      readonly error: ErrorRecord;
    }): Promise<CancelledJobs> {
      const { step, graceMs, error } = request;
      const unheard: ErrorRecord = { ...error, message: `${error.message}; ${UNHEARD}` };
      const { rows } = await retryConflicts(() => pool.query<CancelledJobs>(CANCEL, [step, graceMs, error, unheard]));
      return rows[0] ?? { ended: 0, unheard: 0, remaining: 0 };
    },
  };
}
