import type { Candidate, ChosenJob, Project, ReleaseBounds } from "@loramill/catalog";
import type { QueueName, RunId, SpendingLimit } from "@loramill/contracts";
import { type BlockedRun, type Releases, selectReleases } from "@loramill/orchestration";
import type { DispatcherDeps } from "./deps.ts";
import { type Funds, fundsOf } from "./funds.ts";

/** Deliveries handed to the queue at once. */
const DELIVERIES_PER_ADD = 500;

/** What is remembered from one round to the next; losing it costs a little fairness, nothing else. */
export interface Releaser {
  /**
   * Marks waiting jobs as released, as far as windows, shares, budgets and ceilings allow. `open`: open jobs of all
   * queues after it.
   */
  release(): Promise<{ readonly released: number; readonly open: number }>;
  /**
   * The runs none of whose waiting jobs fits their budget, that of their batch, or a ceiling that does not begin anew, as of
   * the last round; with what has no room, or null where it is the run's own budget.
   */
  readonly blockedRuns: ReadonlyMap<RunId, SpendingLimit | null>;
}

export function createReleaser({ catalog, clock, options }: DispatcherDeps): Releaser {
  const { dispatch } = catalog;
  const deficits = new Map<QueueName, Readonly<Record<string, number>>>();
  let blockedRuns: ReadonlyMap<RunId, SpendingLimit | null> = new Map();

  return {
    async release() {
      const [counts, projects] = await Promise.all([dispatch.openCounts(), catalog.projects.list()]);
      const open = Map.groupBy(counts, ({ queue }) => queue);
      const windows = Object.entries(options.windows) as [QueueName, number][];
      const perStep = Object.fromEntries(
        // Even with a full window one job of each step is looked at: a run that fits no budget must be found.
        windows.map(([queue, window]) => [queue, Math.max(1, window - sum(open.get(queue) ?? []))]),
      );
      const candidates = await dispatch.candidates({ perStep, ageingMs: options.ageingMs });
      const queues = Map.groupBy(candidates, ({ queue }) => queue);

      const chooseAll = (bounds: ReleaseBounds): ChosenJob[] => {
        const funds = fundsOf(bounds);
        const blocks: { jobs: readonly Candidate[]; blocked: readonly BlockedRun[] }[] = [];
        const chosen: ChosenJob[] = [];
        for (const [queue, jobs] of queues) {
          const line = { now: clock.now(), candidates: jobs, funds, projects, open: open.get(queue) ?? [] };
          const choice = choose(line, deficits.get(queue) ?? {}, { ...options, window: options.windows[queue] ?? 0 });
          deficits.set(queue, choice.deficits);
          blocks.push({ jobs, blocked: choice.blockedRuns });
          const released = new Map(choice.releases.map(({ job, reservesMicroUsd }) => [job, reservesMicroUsd]));
          for (const job of jobs) {
            const reservesMicroUsd = released.get(job.job);
            if (reservesMicroUsd === undefined) continue;
            funds.take(job, reservesMicroUsd);
            // All others have it in their rows.
            chosen.push({ job: job.job, reservesMicroUsd: job.leastMicroUsd === null ? null : reservesMicroUsd });
          }
        }
        blockedRuns = blockedOf(blocks, funds);
        return chosen;
      };
      const isPriced = candidates.some(({ estimateMicroUsd }) => estimateMicroUsd > 0);
      let released = 0;
      if (isPriced) {
        released = await dispatch.releaseWithin([...new Set(candidates.map(({ run }) => run))], chooseAll);
      } else {
        const chosen = chooseAll({ budgets: {}, batches: [], ceilings: [] });
        if (chosen.length > 0) released = await dispatch.release(chosen.map(({ job }) => job));
      }
      return { released, open: sum(counts) + released };
    },
    get blockedRuns() {
      return blockedRuns;
    },
  };
}

const sum = (counts: readonly { readonly open: number }[]): number => counts.reduce((all, { open }) => all + open, 0);

/** One queue as it is now. */
interface Line {
  readonly now: Date;
  readonly candidates: readonly Candidate[];
  readonly funds: Funds;
  readonly projects: readonly Pick<Project, "id" | "weight" | "maxOpenJobs">[];
  readonly open: readonly { readonly project: string; readonly open: number }[];
}

function choose(
  { now, candidates, funds, projects, open }: Line,
  deficits: Readonly<Record<string, number>>,
  { window, projectCap, ageingMs }: { window: number; projectCap: number; ageingMs: number },
): Releases {
  const opened = new Map(open.map((row) => [row.project, row.open]));
  const settings = new Map<string, Pick<Project, "weight" | "maxOpenJobs">>(projects.map((row) => [row.id, row]));
  const capOf = (project: string) => Math.min(projectCap, settings.get(project)?.maxOpenJobs ?? projectCap);
  const names = new Set([...opened.keys(), ...candidates.map(({ project }) => project)]);
  return selectReleases(
    {
      now,
      jobs: withinCaps(candidates, { fits: funds.haveRoomFor, capOf, open: opened, ageingMs, now }).map((job) => ({
        ...job,
        ceilings: funds.keysOf(job),
      })),
      budgets: funds.budgets,
      ceilings: funds.ceilings,
      projects: Object.fromEntries(
        [...names].map((project) => {
          const weight = settings.get(project)?.weight ?? 1;
          return [project, { weight, open: opened.get(project) ?? 0, deficit: deficits[project] ?? 0 }];
        }),
      ),
    },
    { window, perProject: projectCap, ageingMs },
  );
}

/**
 * Leaves out what a project with a cap of its own may not have yet. Jobs that fit no budget stay: they are not released
 * and must be seen.
 */
export function withinCaps(
  candidates: readonly Candidate[],
  limits: {
    readonly fits: (job: Candidate) => boolean;
    readonly capOf: (project: string) => number;
    readonly open: ReadonlyMap<string, number>;
    readonly now: Date;
    readonly ageingMs: number;
  },
): Candidate[] {
  const rank = ({ priority, waitingSince }: Candidate) =>
    Math.max(0, priority - (limits.now.getTime() - waitingSince.getTime()) / limits.ageingMs);
  const { fits } = limits;
  return [...Map.groupBy(candidates, ({ project }) => project)].flatMap(([project, jobs]) => {
    const places = Math.max(0, limits.capOf(project) - (limits.open.get(project) ?? 0));
    const fitting = jobs.filter(fits);
    if (fitting.length <= places) return jobs;
    const chosen = fitting.sort((a, b) => rank(a) - rank(b) || a.waitingSince.getTime() - b.waitingSince.getTime());
    return [...chosen.slice(0, places), ...jobs.filter((job) => !fits(job))];
  });
}

/** A run is blocked when it is in every queue in which it has jobs waiting. */
function blockedOf(
  queues: readonly { readonly jobs: readonly Candidate[]; readonly blocked: readonly BlockedRun[] }[],
  funds: Funds,
): ReadonlyMap<RunId, SpendingLimit | null> {
  const fits = new Set<RunId>();
  const by = new Map<RunId, SpendingLimit | null>();
  for (const { jobs, blocked } of queues) {
    const ceilings = new Map<string, string | null>(blocked.map(({ run, ceiling }) => [run, ceiling]));
    for (const { run } of jobs) {
      const key = ceilings.get(run);
      if (key === undefined) fits.add(run);
      else by.set(run, key === null ? null : funds.limitOf(key));
    }
  }
  return new Map([...by].filter(([run]) => !fits.has(run)));
}

/**
 * Hands to the queue what it is owed. Marking comes after adding: a crash in between adds the same ids once more, which
 * the queue takes for what it has.
 */
export async function sendOwed({ catalog, producer }: DispatcherDeps, signal: AbortSignal): Promise<number> {
  let sent = 0;
  while (!signal.aborted) {
    const owed = await catalog.dispatch.unsent(DELIVERIES_PER_ADD);
    if (owed.length === 0) break;
    await producer.add(
      owed.map(({ queue, job, release, delayMs }) => ({ queue, delivery: { job, release }, delayMs })),
    );
    await catalog.dispatch.markSent(owed);
    sent += owed.length;
  }
  return sent;
}
