import {
  jobs as definitions,
  type ErrorRecord,
  type JobName,
  type JobState,
  type RunId,
  type SpendingLimit,
} from "@loramill/contracts";
import { explainWait, firstWithoutRoom, type WaitFacts } from "@loramill/orchestration";
import { type Sql, toNumber } from "../connection.ts";
import { type BatchLimit, batchLimits, type CeilingLimit, ceilingLimits, isOfMoney } from "../fleet/limits.ts";
import { LEAST } from "../fleet/reserved.ts";

/** What a job's row tells about its wait. */
export interface WaitingRow {
  readonly name: string;
  readonly queue: string;
  readonly project: string;
  readonly run: RunId;
  readonly batch: string | null;
  readonly state: JobState;
  readonly error: ErrorRecord | null;
  readonly attempts_spent: number;
  readonly not_before: Date | null;
  readonly cancelling: boolean;
  readonly read_at: Date;
  /** What its release needs. */
  readonly estimate: string;
  /** Whether it may begin with that, and asks for more as it goes. */
  readonly is_least: boolean;
  readonly budget: string | null;
  readonly spent: string;
  readonly reserved: string | null;
}

/** Columns of a `WaitingRow`; `j`, `s` and `r` are its job, step and run. */
export const WAIT_COLUMNS = `j.name, j.queue, j.project, j.run, r.batch, j.state, j.error, j.attempts_spent, j.not_before,
  j.cancel_requested_at is not null or r.cancel_requested_at is not null as cancelling, now() as read_at,
  coalesce(${LEAST}, greatest(0, j.estimate_micro_usd - j.spent_micro_usd)) as estimate, ${LEAST} is not null as is_least, r.budget_micro_usd as budget, r.spent_micro_usd as spent,
  case when r.budget_micro_usd is not null and j.state = 'waiting' then (
    select sum(greatest(0, o.estimate_micro_usd - o.spent_micro_usd)) from loramill.steps t join loramill.jobs o on o.step = t.id
    where t.run = r.id and t.jobs_open > 0 and o.state in ('released', 'active', 'parked')
  ) end as reserved`;

interface Surroundings {
  readonly windows: Readonly<Record<string, number>>;
  readonly projectCap: number;
  /** Whether a dispatcher has lately been at work. */
  readonly dispatched: boolean;
  readonly open: ReadonlyMap<string, number>;
  readonly projects: ReadonlyMap<string, { readonly name: string; readonly cap: number | null }>;
  readonly batches: readonly BatchLimit[];
  readonly ceilings: readonly CeilingLimit[];
}

/** Says for each row why its job waits; reads what surrounds the jobs once, and only when one of them waits. */
export async function waitReasons(sql: Sql, rows: readonly WaitingRow[]): Promise<(string | null)[]> {
  const waiting = rows.filter((row) => row.state === "waiting");
  const around = waiting.length > 0 ? await readSurroundings(sql, waiting) : null;
  return rows.map((row) => {
    if (row.state === "waiting" && around?.dispatched === false && !row.cancelling) {
      return "no dispatcher is at work: start one, or look at the log of the one that should run.";
    }
    return reasonOf(row, around);
  });
}

async function readSurroundings(sql: Sql, rows: readonly WaitingRow[]): Promise<Surroundings> {
  const queues = [...new Set(rows.map(({ queue }) => queue))];
  const settings = await sql.query<{ windows: Record<string, number>; cap: number; alive: boolean }>(
    `select windows, project_cap as cap, seen_at > now() - interval '30 seconds' as alive from loramill.dispatcher`,
  );
  const counts = await sql.query<{ queue: string; project: string; open: number }>(
    `select queue, project, count(*)::int as open from loramill.jobs
     where queue = any($1) and state in ('released', 'active', 'parked') group by queue, project`,
    [queues],
  );
  const projects = await sql.query<{ id: string; name: string; cap: number | null }>(
    `select id, name, max_open_jobs as cap from loramill.projects where id = any($1)`,
    [[...new Set(rows.map(({ project }) => project))]],
  );
  const open = new Map<string, number>();
  for (const row of counts.rows) {
    open.set(row.queue, (open.get(row.queue) ?? 0) + row.open);
    open.set(`${row.queue} ${row.project}`, row.open);
  }
  const found = settings.rows[0];
  return {
    windows: found?.windows ?? {},
    projectCap: found?.cap ?? Number.POSITIVE_INFINITY,
    dispatched: found?.alive === true,
    open,
    projects: new Map(projects.rows.map((row) => [row.id, row])),
    batches: await batchLimits(sql, [...new Set(rows.map(({ run }) => run))]),
    ceilings: (await ceilingLimits(sql)).filter(isOfMoney),
  };
}

function reasonOf(row: WaitingRow, around: Surroundings | null): string | null {
  const policy = Object.hasOwn(definitions, row.name) ? definitions[row.name as JobName].policy : null;
  const project = around?.projects.get(row.project);
  const projectCap = around?.projectCap ?? Number.POSITIVE_INFINITY;
  return explainWait({
    state: row.state,
    now: row.read_at,
    notBefore: row.not_before,
    error: row.error,
    attemptsSpent: row.attempts_spent,
    maxAttempts: policy?.attempts ?? 1,
    queue: row.queue,
    workers: null,
    run: { cancelRequested: row.cancelling },
    budget: budgetOf(row),
    ceiling: around === null ? null : limitOf(row, around),
    project: {
      name: project?.name ?? row.project,
      open: around?.open.get(`${row.queue} ${row.project}`) ?? 0,
      cap: Math.min(projectCap, project?.cap ?? projectCap),
    },
    window: {
      open: around?.open.get(row.queue) ?? 0,
      size: around?.windows[row.queue] ?? Number.POSITIVE_INFINITY,
    },
    ahead: null,
  });
}

/** Only where the budget is what holds the job up. */
function budgetOf(row: WaitingRow): WaitFacts["budget"] {
  if (row.budget === null) return null;
  const estimateMicroUsd = toNumber(row.estimate);
  const remainingMicroUsd = toNumber(row.budget) - toNumber(row.spent) - toNumber(row.reserved ?? 0);
  return estimateMicroUsd > Math.max(0, remainingMicroUsd)
    ? { remainingMicroUsd, estimateMicroUsd, isLeast: row.is_least }
    : null;
}

/** The ceiling, or the budget of its batch, that has no room for the job, if one has none. */
function limitOf(row: WaitingRow, { batches, ceilings }: Surroundings): WaitFacts["ceiling"] {
  const estimateMicroUsd = toNumber(row.estimate);
  const binding: SpendingLimit[] = [
    ...batches.filter(({ batch }) => batch === row.batch),
    ...ceilings.filter(({ project }) => project === null || project === row.project),
  ];
  const limit = firstWithoutRoom(binding, { wantedMicroUsd: estimateMicroUsd, ownMicroUsd: 0 });
  return limit === null ? null : { limit, estimateMicroUsd, isLeast: row.is_least };
}
