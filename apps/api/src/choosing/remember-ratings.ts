import type { Catalog } from "@loramill/catalog";
import { type Clock, type ProjectId, sha256Hex } from "@loramill/contracts";
import { type Learned, type LearningSettings, learn, type RatingEvent } from "@loramill/intelligence";
import { readRatings } from "./rating-events.ts";

/** What a project's ratings say now. */
export interface Learner {
  learned(project: ProjectId): Promise<Learned>;
}

export interface LearnerParts {
  readonly catalog: Pick<Catalog, "generationRatings">;
  readonly clock: Clock;
  readonly settings: LearningSettings;
}

/** Projects whose ratings are held in memory, those that were asked about last. */
const MOST_PROJECTS = 32;
/** Where ratings age, what was learned is kept for this share of the half-life: no weight is then off by more than 0.7 %. */
const FRESH_SHARE = 0.01;
const DAY_MS = 86_400_000;

interface Remembered {
  /** That stand, oldest first. */
  readonly ratings: readonly RatingEvent[];
  readonly newest: number;
  readonly learned: Learned;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Remembers what was learned of each project. The catalog is asked at every call which ratings stand, so that what another
 * process adds, takes back or gives again is seen at once: only new ones are read where the others are as they were, and
 * nothing is folded where there is nothing new.
 */
export function createLearner({ catalog, clock, settings }: LearnerParts): Learner {
  const projects = new Map<ProjectId, Remembered>();
  const keepMs =
    settings.halfLifeDays === null ? Number.POSITIVE_INFINITY : settings.halfLifeDays * DAY_MS * FRESH_SHARE;

  async function read(project: ProjectId, known: Remembered | undefined): Promise<Remembered> {
    const now = clock.now().getTime();
    const { newest, digest } = await catalog.generationRatings.standing(project, known?.newest ?? 0);
    const isUntouched = known !== undefined && digest === digestOfNumbers(known.ratings);
    if (isUntouched && newest === known.newest && now - known.at < keepMs) return known;
    const added = await readRatings(catalog, project, isUntouched ? known.newest : 0);
    const ratings = isUntouched ? [...known.ratings, ...added] : added;
    const learned = learn(ratings, { now, ...settings });
    return { ratings, newest: Number(ratings.at(-1)?.id ?? 0), learned, at: now };
  }

  return {
    async learned(project) {
      const current = await read(project, projects.get(project));
      projects.delete(project);
      projects.set(project, current);
      for (const oldest of projects.keys()) {
        if (projects.size <= MOST_PROJECTS) break;
        projects.delete(oldest);
      }
      return current.learned;
    },
  };
}

const digestOfNumbers = (ratings: readonly RatingEvent[]) => sha256Hex(ratings.map(({ id }) => Number(id)).join(","));
