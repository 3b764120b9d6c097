import type { Candidate } from "@loramill/catalog";
import type { QueueName, RunId } from "@loramill/contracts";
import { selectReleases } from "@loramill/orchestration";
import type { DispatcherDeps } from "./deps.ts";

/** Deliveries handed to the queue at once. */
const DELIVERIES_PER_ADD = 500;

/** What is remembered from one round to the next; losing it costs a little fairness, nothing else. */
export interface Releaser {
  /** Marks waiting jobs as released, as far as windows, shares and budgets allow. `open`: open jobs of all queues after it. */
  release(): Promise<{ readonly released: number; readonly open: number }>;
  /** The runs none of whose waiting jobs fits their budget, as of the last round. */
  readonly blockedRuns: ReadonlySet<RunId>;
}

export function createReleaser({ catalog, clock, options }: DispatcherDeps): Releaser {
  const { dispatch } = catalog;
  const deficits = new Map<QueueName, Readonly<Record<string, number>>>();
  let blockedRuns = new Set<RunId>();

  async function releaseQueue(
    queue: QueueName,
    window: number,
    open: ReadonlyMap<string, number>,
    shares: ReadonlyMap<string, { readonly weight: number; readonly cap: number }>,
    fits: Map<RunId, boolean>,
  ): Promise<number> {
    const taken = [...open.values()].reduce((sum, count) => sum + count, 0);
    const free = Math.max(0, window - taken);
    // Even with a full window one job of each step is looked at: a run that fits no budget must be found.
    const candidates = await dispatch.candidates({ queue, perStep: Math.max(1, free), ageingMs: options.ageingMs });
    if (candidates.length === 0) return 0;
    const budgets = await dispatch.budgets([...new Set(candidates.map(({ run }) => run))]);
    const capOf = (project: string) => Math.min(options.projectCap, shares.get(project)?.cap ?? options.projectCap);
    const jobs = withinCaps(candidates, { budgets, capOf, open, ageingMs: options.ageingMs, now: clock.now() });
    const names = new Set([...open.keys(), ...candidates.map(({ project }) => project)]);
    const known = deficits.get(queue) ?? {};
    const chosen = selectReleases(
      {
        now: clock.now(),
        jobs,
        budgets,
        projects: Object.fromEntries(
          [...names].map((project) => [
            project,
            {
              weight: shares.get(project)?.weight ?? 1,
              open: open.get(project) ?? 0,
              deficit: known[project] ?? 0,
            },
          ]),
        ),
      },
      { window, perProject: options.projectCap, ageingMs: options.ageingMs },
    );
    deficits.set(queue, chosen.deficits);
    noteBudgets(candidates, chosen.blockedRuns as readonly RunId[], fits);
    return chosen.releases.length === 0 ? 0 : dispatch.release(chosen.releases.map(({ job }) => job));
  }

  return {
    async release() {
      const [counts, projects] = await Promise.all([dispatch.openCounts(), catalog.projects.list()]);
      const shares = new Map(
        projects.map(({ id, weight, maxOpenJobs }) => [
          id as string,
          { weight, cap: maxOpenJobs ?? options.projectCap },
        ]),
      );
      const byQueue = Map.groupBy(counts, ({ queue }) => queue);
      const fits = new Map<RunId, boolean>();
      let released = 0;
      for (const [queue, window] of Object.entries(options.windows) as [QueueName, number][]) {
        const open = new Map((byQueue.get(queue) ?? []).map((row) => [row.project, row.open]));
        released += await releaseQueue(queue, window, open, shares, fits);
      }
      blockedRuns = new Set([...fits].filter(([, fit]) => !fit).map(([run]) => run));
      return { released, open: released + counts.reduce((sum, row) => sum + row.open, 0) };
    },
    get blockedRuns() {
      return blockedRuns;
    },
  };
}

/**
 * Leaves out what a project with a cap of its own may not have yet. Jobs that fit no budget stay: they are not released
 * and must be seen.
 */
export function withinCaps(
  candidates: readonly Candidate[],
  limits: {
    readonly budgets: Readonly<Record<string, { readonly remainingMicroUsd: number }>>;
    readonly capOf: (project: string) => number;
    readonly open: ReadonlyMap<string, number>;
    readonly now: Date;
    readonly ageingMs: number;
  },
): Candidate[] {
  const rank = ({ priority, waitingSince }: Candidate) =>
    Math.max(0, priority - (limits.now.getTime() - waitingSince.getTime()) / limits.ageingMs);
  const fits = ({ run, estimateMicroUsd }: Candidate) =>
    estimateMicroUsd <= Math.max(0, limits.budgets[run]?.remainingMicroUsd ?? Number.POSITIVE_INFINITY);
  return [...Map.groupBy(candidates, ({ project }) => project)].flatMap(([project, jobs]) => {
    const places = Math.max(0, limits.capOf(project) - (limits.open.get(project) ?? 0));
    const fitting = jobs.filter(fits);
    if (fitting.length <= places) return jobs;
    const chosen = fitting.sort((a, b) => rank(a) - rank(b) || a.waitingSince.getTime() - b.waitingSince.getTime());
    return [...chosen.slice(0, places), ...jobs.filter((job) => !fits(job))];
  });
}

/** A run is blocked when it is in every queue in which it has jobs waiting. */
function noteBudgets(candidates: readonly Candidate[], blocked: readonly RunId[], fits: Map<RunId, boolean>): void {
  const refused = new Set(blocked);
  for (const { run } of candidates) fits.set(run, (fits.get(run) ?? false) || !refused.has(run));
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
