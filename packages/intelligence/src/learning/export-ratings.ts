import { type Calibration, calibrationOf } from "./calibration.ts";
import { type Calibrator, foretold } from "./calibrator.ts";
import type { Learned } from "./learned.ts";
import { type Lift, liftOf } from "./lift.ts";
import type { RaterView } from "./raters.ts";
import type { RatingEvent } from "./rating.ts";
import { type Suspect, suspectsOf } from "./suspects.ts";

/** Everything that was learned and what from, for other programs: folding `ratings` again gives the rest. */
export interface LearningExport {
  readonly format: "loramill-ratings/1";
  readonly ratings: readonly RatingEvent[];
  readonly raters: readonly RaterView[];
  readonly suspects: readonly Suspect[];
  readonly calibrator: Calibrator;
  /** Of probabilities that were stated before the rating came. */
  readonly calibration: Calibration;
  readonly lift: Lift;
}

export function exportLearned(learned: Learned): LearningExport {
  return {
    format: "loramill-ratings/1",
    ratings: learned.ratings,
    raters: [...learned.adjustments.raters.values()],
    suspects: suspectsOf(learned),
    calibrator: learned.calibrator,
    calibration: calibrationOf(foretold(learned.outcomes)),
    lift: liftOf(learned.ratings),
  };
}

const COLUMNS = [
  "id",
  "at",
  "rater",
  "stars",
  "manifest",
  "batch",
  "arm",
  "family",
  "subject",
  "loras",
  "strengths",
  "steps",
  "guidance",
  "comment",
] as const;

/** One line per rating by RFC 4180, times in ISO 8601, lists joined by `;`. */
export function ratingsCsv(ratings: readonly RatingEvent[]): string {
  const lines = ratings.map(({ choice, at, ...event }) => {
    const cells: Record<(typeof COLUMNS)[number], string | number | null> = {
      ...event,
      ...choice,
      at: new Date(at).toISOString(),
      loras: choice.loras.join(";"),
      strengths: choice.strengths.join(";"),
    };
    return COLUMNS.map((column) => cell(cells[column])).join(",");
  });
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

/** Texts of strangers that begin like a formula get an apostrophe, so that a spreadsheet does not compute them. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
