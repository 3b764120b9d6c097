import type { Arm, RatingEvent } from "./rating.ts";

interface ArmResult {
  readonly ratings: number;
  /** Average stars; null without ratings. */
  readonly stars: number | null;
}

export interface Lift {
  readonly learned: ArmResult;
  readonly holdout: ArmResult;
  /** Stars that learning brings, with the bounds of a 95 % interval (normal); null under two ratings of either arm. */
  readonly stars: { readonly estimate: number; readonly low: number; readonly high: number } | null;
}

/** What learning brings: choices made with it against those of the holdout, which were made without. */
export function liftOf(events: readonly RatingEvent[]): Lift {
  const of = (arm: Arm) => statistics(events.filter((event) => event.arm === arm).map<number>(({ stars }) => stars));
  const [learned, holdout] = [of("learned"), of("holdout")];
  const shown = ({ count, mean }: Statistics): ArmResult => ({ ratings: count, stars: count === 0 ? null : mean });
  if (learned.count < 2 || holdout.count < 2) return { learned: shown(learned), holdout: shown(holdout), stars: null };
  const estimate = learned.mean - holdout.mean;
  const margin = 1.96 * Math.sqrt(learned.variance / learned.count + holdout.variance / holdout.count);
  return {
    learned: shown(learned),
    holdout: shown(holdout),
    stars: { estimate, low: estimate - margin, high: estimate + margin },
  };
}

interface Statistics {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function statistics(values: readonly number[]): Statistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, count);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1);
  return { count, mean, variance };
}
