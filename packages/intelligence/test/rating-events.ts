import { sha256Hex } from "@loramill/contracts";
import type { RatingEvent } from "../src/learning/rating.ts";

let count = 0;

/** A rating of a generation of its own; `hour` counts from 1970. */
export function ratingEvent(
  hour: number,
  given: Partial<Omit<RatingEvent, "choice">> & { readonly choice?: Partial<RatingEvent["choice"]> } = {},
): RatingEvent {
  count += 1;
  const { choice, ...rest } = given;
  return {
    id: String(count).padStart(8, "0"),
    manifest: sha256Hex(`generation ${count}`),
    rater: "ann",
    stars: 4,
    comment: "",
    at: hour * 3_600_000,
    batch: null,
    arm: null,
    ...rest,
    choice: {
      loras: ["style"],
      family: "sdxl",
      subject: "person",
      steps: 30,
      guidance: 7,
      strengths: [0.8],
      ...choice,
    },
  };
}

/** Six honest raters of a good and a bad LoRA: sixty ratings in as many hours. */
export function honestRatings(): RatingEvent[] {
  return Array.from({ length: 60 }, (_, at) => {
    const good = at % 2 === 0;
    const stars = good ? (at % 3 === 0 ? 4 : 5) : at % 5 === 0 ? 2 : 1;
    return ratingEvent(at, {
      rater: `rater-${Math.floor(at / 2) % 6}`,
      stars,
      choice: { loras: [good ? "good" : "bad"] },
    });
  });
}
