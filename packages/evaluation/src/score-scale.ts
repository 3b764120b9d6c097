/** The scores of something good and of something bad, whichever of them is the higher. */
interface ScoreEnds {
  readonly good: number;
  readonly bad: number;
}

interface ScoreScale {
  readonly threshold: number;
  judge(score: number): "good" | "bad";
}

/** Without a threshold, ends that are less than this share of the larger one apart are taken for the same. */
const LEAST_GAP = 0.1;

/**
 * Judges by the side of the threshold that a score lies on; what lies on it is good. Default: half-way between the ends. Null
 * where the score does not tell the ends apart: both lie on one side, or, where no threshold is given, within a tenth.
 */
export function scoreScale({ good, bad }: ScoreEnds, given?: number): ScoreScale | null {
  const threshold = given ?? (good + bad) / 2;
  const isApart = given !== undefined || Math.abs(good - bad) >= LEAST_GAP * Math.max(Math.abs(good), Math.abs(bad));
  const side = Math.sign(bad - threshold);
  const isBad = (score: number) => Math.sign(score - threshold) === side;
  if (!isApart || side === 0 || isBad(good) || !isBad(bad)) return null;
  return { threshold, judge: (score) => (isBad(score) ? "bad" : "good") };
}
