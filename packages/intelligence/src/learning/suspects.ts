import { burstsOf } from "./influence.ts";
import type { Learned } from "./learned.ts";

/** Somebody whose ratings a person should look at, and what to roll back if they are not meant honestly. */
export interface Suspect {
  readonly rater: string;
  readonly ratings: number;
  /** 0 to 1; see `RaterView`. */
  readonly reliability: number;
  readonly leniency: number;
  readonly reasons: readonly string[];
  /** The batches that the ratings came with. */
  readonly batches: readonly string[];
}

/** Below this it is likelier than not that somebody rates against what others think. */
const UNRELIABLE = 0.5;
/** Two stars above or below the others for the same things. */
const ODDLY_LENIENT = 0.5;

/** The least reliable first. Their ratings count little already; nobody is judged by a program alone. */
export function suspectsOf({
  ratings,
  adjustments,
  settings: { ratingsADay },
}: Pick<Learned, "ratings" | "adjustments" | "settings">): Suspect[] {
  const bursts = burstsOf(ratings, ratingsADay);
  return [...adjustments.raters.values()]
    .flatMap(({ rater, ratings: count, reliability, leniency }) => {
      const burst = bursts.get(rater);
      const stars = Math.abs(4 * leniency).toFixed(1);
      const reasons = [
        reliability < UNRELIABLE ? "rates against what others think of the same LoRAs" : null,
        Math.abs(leniency) >= ODDLY_LENIENT ? `${stars} stars ${leniency > 0 ? "above" : "below"} the others` : null,
        burst === undefined ? null : `${burst} ratings of the same LoRAs in a day; they count as ${ratingsADay}`,
      ].filter((reason) => reason !== null);
      if (reasons.length === 0) return [];
      const own = ratings.filter((event) => event.rater === rater);
      const batches = [...new Set(own.flatMap(({ batch }) => (batch === null ? [] : [batch])))].sort();
      return [{ rater, ratings: count, reliability, leniency, reasons, batches }];
    })
    .sort((a, b) => a.reliability - b.reliability);
}
