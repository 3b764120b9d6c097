/** A job that could go into a queue now. */
export interface WaitingJob {
  readonly job: string;
  readonly project: string;
  readonly run: string;
  /** 0 is served first, 9 last. */
  readonly priority: number;
  readonly waitingSince: Date;
  /** What the release reserves of the run's budget and of the ceilings. */
  readonly estimateMicroUsd: number;
  /** Where there is no room for that: what it may be released with. Left out, or null: it needs all of its estimate. */
  readonly leastMicroUsd?: number | null;
  /** Ceilings that bind it, by their keys in `ceilings`; left out, none. */
  readonly ceilings?: readonly string[];
  /** What the release counts against the project's share, such as expected seconds; 1 when left out. */
  readonly size?: number;
}

export interface ProjectShare {
  /** Share of the releases while others wait too, relative to their weights; above 0. */
  readonly weight: number;
  /** Jobs of the project that are released, active or parked in this queue. */
  readonly open: number;
  /** What the last call answered; 0 for a project that was not in it. */
  readonly deficit: number;
  /** Jobs that this project may have open in this queue, where that is fewer than `perProject`. */
  readonly cap?: number;
}

export interface RunBudget {
  /** Limit less what is spent and what open jobs have reserved; below 0 when more was spent than planned. */
  readonly remainingMicroUsd: number;
  readonly reservedMicroUsd: number;
}

export interface ReleaseCeiling extends RunBudget {
  /** It begins anew by itself: what it has no room for waits, and its run is not blocked. */
  readonly isRenewed: boolean;
}

/** One queue, as it is now. */
export interface FairShareState {
  readonly now: Date;
  /** In any order. A run that may end up in `blockedRuns` must be listed with all of its waiting jobs. */
  readonly jobs: readonly WaitingJob[];
  /** By project; one that is missing has weight 1, nothing open and no deficit. */
  readonly projects: Readonly<Record<string, ProjectShare>>;
  /** By run; a run without a budget is left out. */
  readonly budgets: Readonly<Record<string, RunBudget>>;
  /** By any key that jobs name; left out, there are none. */
  readonly ceilings?: Readonly<Record<string, ReleaseCeiling>>;
}

export interface ReleaseLimits {
  /** Jobs that may be open in this queue, over all projects. */
  readonly window: number;
  /** Jobs that one project may have open in this queue. */
  readonly perProject: number;
  /** Waiting this long is worth one level of priority; milliseconds. */
  readonly ageingMs: number;
}

export interface Releases {
  /** In the order to put them into the queue. */
  readonly releases: readonly { readonly job: string; readonly project: string; readonly reservesMicroUsd: number }[];
  /** To hand in as `deficit` next time; only projects that have jobs waiting. */
  readonly deficits: Readonly<Record<string, number>>;
  /** Jobs that were left out because their run's budget, or a ceiling, has no room for them now. */
  readonly blockedByBudget: readonly { readonly job: string; readonly run: string }[];
  /**
   * Runs none of whose waiting jobs would fit even if all that is reserved came back: `budget.blocked` of advanceRun.
   * `ceiling` is the key of the one that has no room; null where it is the run's own budget.
   */
  readonly blockedRuns: readonly BlockedRun[];
}

export interface BlockedRun {
  readonly run: string;
  readonly ceiling: string | null;
}

interface Line {
  readonly project: string;
  readonly weight: number;
  /** Jobs in the order in which they are served. */
  readonly jobs: readonly WaitingJob[];
  readonly cap: number;
  next: number;
  open: number;
  deficit: number;
}

/**
 * Which waiting jobs go into the queue now: weighted deficit round robin over the projects in its smooth form (one job
 * a turn, to the project that is furthest behind its share), so the shares hold in windows of any size. A project that
 * has nothing to release, or has reached its cap, neither gains nor hoards. Inside a project the order is priority with
 * ageing, then age: a job of priority p is passed by no job that came more than p × ageingMs after it. A job whose
 * estimate does not fit what is left of its run's budget and of every ceiling is passed over; each release reserves its
 * estimate in all of them. One that may begin with less is released with its least, not with whatever is left: the machine that
 * it needs has to find room too.
 */
export function selectReleases(state: FairShareState, limits: ReleaseLimits): Releases {
  const lines = projectLines(state, limits);
  const funds = fundsOf(state);
  const releases: { job: string; project: string; reservesMicroUsd: number }[] = [];
  const blockedByBudget: { job: string; run: string }[] = [];
  const servedRuns = new Set<string>();
  const open = Object.values(state.projects).reduce((sum, project) => sum + project.open, 0);

  /** Moves a line to its next job that fits; what does not fit now fits no better after further releases. */
  const headOf = (line: Line): WaitingJob | undefined => {
    for (let job = line.jobs[line.next]; job !== undefined; job = line.jobs[++line.next]) {
      if (funds.haveRoomFor(job)) return job;
      blockedByBudget.push({ job: job.job, run: job.run });
    }
    return undefined;
  };

  let turns = lines.filter((line) => headOf(line) !== undefined && line.open < line.cap);
  for (let free = limits.window - open; free > 0 && turns.length > 0; free -= 1) {
    const totalWeight = turns.reduce((sum, line) => sum + line.weight, 0);
    const line = furthestBehind(turns, totalWeight);
    const job = line.jobs[line.next];
    if (job === undefined) break;
    releases.push({ job: job.job, project: job.project, reservesMicroUsd: funds.reserve(job) });
    servedRuns.add(job.run);

    const size = job.size ?? 1;
    for (const other of turns) other.deficit += (size * other.weight) / totalWeight;
    line.deficit -= size;
    line.open += 1;
    line.next += 1;
    turns = turns.filter((other) => headOf(other) !== undefined && other.open < other.cap);
  }

  const waiting = lines.filter((line) => headOf(line) !== undefined);
  return {
    releases,
    deficits: Object.fromEntries(waiting.map((line) => [line.project, line.deficit])),
    blockedByBudget,
    blockedRuns: blockedRuns(state, servedRuns),
  };
}

/** Levels of priority after ageing, 0 the most urgent; fractions count. */
export function agedPriority(job: Pick<WaitingJob, "priority" | "waitingSince">, now: Date, ageingMs: number): number {
  const waitedMs = Math.max(0, now.getTime() - job.waitingSince.getTime());
  return Math.max(0, job.priority - waitedMs / ageingMs);
}

function projectLines({ jobs, projects, now }: FairShareState, { ageingMs, perProject }: ReleaseLimits): Line[] {
  const byProject = Map.groupBy(jobs, (job) => job.project);
  return [...byProject.keys()].sort().map((project) => {
    const known = Object.hasOwn(projects, project) ? projects[project] : undefined;
    const aged = (byProject.get(project) ?? []).map((job) => ({ job, priority: agedPriority(job, now, ageingMs) }));
    aged.sort(
      (a, b) =>
        a.priority - b.priority ||
        a.job.waitingSince.getTime() - b.job.waitingSince.getTime() ||
        (a.job.job < b.job.job ? -1 : 1),
    );
    return {
      project,
      weight: known?.weight ?? 1,
      jobs: aged.map(({ job }) => job),
      cap: Math.min(perProject, known?.cap ?? perProject),
      next: 0,
      open: known?.open ?? 0,
      deficit: known?.deficit ?? 0,
    };
  });
}

/** Of the projects whose turn it could be, the one that is owed most after this turn; the first by name when equal. */
function furthestBehind(turns: readonly Line[], totalWeight: number): Line {
  const owed = (line: Line): number => line.deficit + line.weight / totalWeight;
  return turns.reduce((best, line) => (owed(line) > owed(best) ? line : best));
}

/** What is left of the budgets and ceilings while jobs are chosen. */
function fundsOf({ budgets, ceilings = {} }: Pick<FairShareState, "budgets" | "ceilings">) {
  const left = (funds: Readonly<Record<string, RunBudget>>) =>
    new Map(Object.entries(funds).map(([key, { remainingMicroUsd }]) => [key, remainingMicroUsd]));
  const [ofRuns, ofCeilings] = [left(budgets), left(ceilings)];
  const fits = ({ run, ceilings: keys = [] }: WaitingJob, microUsd: number): boolean => {
    const rooms = [ofRuns.get(run), ...keys.map((key) => ofCeilings.get(key))];
    return rooms.every((room) => room === undefined || microUsd <= Math.max(0, room));
  };
  return {
    haveRoomFor: (job: WaitingJob): boolean => fits(job, leastOf(job)),
    /** Answers how much it took: the whole where that fits, else the least. */
    reserve(job: WaitingJob): number {
      const microUsd = fits(job, job.estimateMicroUsd) ? job.estimateMicroUsd : leastOf(job);
      const take = (from: Map<string, number>, key: string): void => {
        const room = from.get(key);
        if (room !== undefined) from.set(key, room - microUsd);
      };
      take(ofRuns, job.run);
      for (const key of job.ceilings ?? []) take(ofCeilings, key);
      return microUsd;
    },
  };
}

/** What a job cannot be released without. */
export const leastOf = ({
  estimateMicroUsd,
  leastMicroUsd,
}: Pick<WaitingJob, "estimateMicroUsd" | "leastMicroUsd">): number =>
  Math.min(estimateMicroUsd, leastMicroUsd ?? estimateMicroUsd);

function blockedRuns({ jobs, budgets, ceilings = {} }: FairShareState, servedRuns: ReadonlySet<string>): BlockedRun[] {
  const isTooMuch = (microUsd: number, fund: RunBudget | undefined): boolean =>
    fund !== undefined && microUsd > Math.max(0, fund.remainingMicroUsd + fund.reservedMicroUsd);
  const cheapest = new Map<string, WaitingJob>();
  for (const job of jobs) {
    const other = cheapest.get(job.run);
    if (other === undefined || leastOf(job) < leastOf(other)) cheapest.set(job.run, job);
  }
  return [...cheapest].flatMap(([run, job]): BlockedRun[] => {
    if (servedRuns.has(run)) return [];
    const { ceilings: keys = [] } = job;
    if (isTooMuch(leastOf(job), Object.hasOwn(budgets, run) ? budgets[run] : undefined))
      return [{ run, ceiling: null }];
    const full = keys.find((key) => ceilings[key]?.isRenewed === false && isTooMuch(leastOf(job), ceilings[key]));
    return full === undefined ? [] : [{ run, ceiling: full }];
  });
}
