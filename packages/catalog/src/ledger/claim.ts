import type {
  ClaimAnswer,
  Delivery,
  JobId,
  JsonObject,
  ProjectId,
  QueueName,
  RunId,
  StepId,
} from "@loramill/contracts";
import type pg from "pg";

export type ClaimRequest = Delivery & { readonly worker: string; readonly queue: QueueName };

/** `job` is null where the claim was refused; the columns after it are then null too. */
interface ClaimRow {
  readonly ord: number;
  readonly current: number;
  readonly state: string;
  readonly job: JobId | null;
  readonly name: string;
  readonly run: RunId;
  readonly step: StepId;
  readonly project: ProjectId;
  readonly epoch: number;
  readonly input: unknown;
  readonly attempts_spent: number;
  readonly workers_lost: number;
  readonly turn: JsonObject | null;
  readonly cancel_requested: boolean;
  readonly is_replay: boolean;
}

/**
 * Claims many jobs in one statement. Rows are locked in the order of their ids, so that batches of several processes
 * cannot deadlock. A job that is `active` has lost its worker: its open attempt is closed as `lost`.
 */
const CLAIM = `
with found as materialized (
  select d.ord::int, d.worker, j.id, j.state, j.release,
    j.queue = d.queue and j.release = d.release and j.state in ('released', 'parked', 'active') as free
  from unnest($1::text[], $2::int[], $3::text[], $4::text[]) with ordinality as d(job, release, worker, queue, ord)
  join loramill.jobs j on j.id = d.job
  order by j.id
  for no key update of j
), claimed as (
  update loramill.jobs j
  set state = 'active', epoch = j.epoch + 1, workers_lost = j.workers_lost + (j.state = 'active')::int,
      heartbeat_at = now(), enqueued_at = coalesce(j.enqueued_at, now()), started_at = coalesce(j.started_at, now()),
      worker = f.worker, not_before = null
  from found f
  where f.free and j.id = f.id
  returning j.*, f.ord, f.state as before
), lost as (
  update loramill.attempts a set ended_at = now(), outcome = 'lost'
  from claimed c
  where c.before = 'active' and a.job = c.id and a.epoch = c.epoch - 1 and a.ended_at is null
), started as (
  insert into loramill.attempts (job, epoch, run, step, worker, release, started_at)
  select id, epoch, run, step, worker, release, now() from claimed
), told as (
  insert into loramill.run_events (run, step, job, type, data)
  select run, step, id, 'job.worker-lost', jsonb_build_object('epoch', epoch - 1, 'workersLost', workers_lost)
  from (
    select c.*, pg_advisory_xact_lock(hashtextextended(c.run, 0)) from claimed c where c.before = 'active' order by c.run
  ) c
)
select ord, release as current, before as state, id as job, name, run, step, project, epoch, input, attempts_spent,
  workers_lost, turn, cancel_requested_at is not null as cancel_requested,
  exists (select from loramill.runs r where r.id = claimed.run and r.replay_of is not null) as is_replay
from claimed
union all
select ord, release, state, null, null, null, null, null, null, null, null, null, null, null, null from found where not free`;

export async function claimBatch(pool: pg.Pool, requests: readonly ClaimRequest[]): Promise<ClaimAnswer[]> {
  const { rows } = await pool.query<ClaimRow>({
    name: "claim",
    text: CLAIM,
    values: [
      requests.map((request) => request.job),
      requests.map((request) => request.release),
      requests.map((request) => request.worker),
      requests.map((request) => request.queue),
    ],
  });
  const answers: ClaimAnswer[] = requests.map(() => ({ kind: "refused", reason: "unknown" }));
  for (const row of rows) answers[row.ord - 1] = toAnswer(row, requests[row.ord - 1]);
  return answers;
}

function toAnswer(row: ClaimRow, request: ClaimRequest | undefined): ClaimAnswer {
  if (row.job === null) {
    if (row.current !== request?.release) return { kind: "refused", reason: "old-release" };
    const isOpen = row.state === "released" || row.state === "parked" || row.state === "active";
    return { kind: "refused", reason: isOpen ? "unknown" : "ended" };
  }
  return {
    kind: "claimed",
    claim: {
      job: row.job,
      name: row.name,
      run: row.run,
      step: row.step,
      project: row.project,
      epoch: row.epoch,
      input: row.input,
      attemptsSpent: row.attempts_spent,
      workersLost: row.workers_lost,
      turn: row.turn,
      cancelRequested: row.cancel_requested,
      isReplay: row.is_replay,
    },
  };
}
