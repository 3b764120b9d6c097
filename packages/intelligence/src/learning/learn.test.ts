import { describe, expect, test } from "vitest";
import { honestRatings, ratingEvent } from "../../test/rating-events.ts";
import { seeded } from "../../test/seeded.ts";
import { bandOf, believeBand, drawBand, drawParameters } from "./bands.ts";
import { learn } from "./learn.ts";
import { learnedTaste, likelyLiked, tasteToChooseBy } from "./learned-taste.ts";
import type { RatingEvent } from "./rating.ts";
import { suspectsOf } from "./suspects.ts";

const NOW = 100 * 3_600_000;
const context = (lora: string) => ({ lora, family: "sdxl", subject: "person" });
const meanOf = (events: readonly RatingEvent[], lora: string) =>
  learnedTaste(learn(events, { now: NOW })).score(context(lora)).mean;

describe("learning", () => {
  test("tells what is liked from what is not, and knows nothing without ratings", () => {
    const learned = learn(honestRatings(), { now: NOW });
    const taste = learnedTaste(learned);
    expect(taste.score(context("good")).mean).toBeGreaterThan(0.75);
    expect(taste.score(context("bad")).mean).toBeLessThan(0.3);
    expect(likelyLiked(learned, context("good"))).toBeGreaterThan(0.75);
    expect(likelyLiked(learned, context("bad"))).toBeLessThan(0.25);
    expect(learnedTaste(learn([], { now: NOW })).score(context("good"))).toEqual({ mean: 0.5, observations: 0 });
  });

  test("does not depend on the order in which ratings are handed over", () => {
    const events = honestRatings();
    expect(meanOf([...events].reverse(), "good")).toBe(meanOf(events, "good"));
  });

  test("forgets a batch that is left out as if it had never been", () => {
    const events = honestRatings();
    const flood = Array.from({ length: 30 }, (_, at) =>
      ratingEvent(at, { rater: `bot-${at}`, stars: 1, batch: "flood", choice: { loras: ["good"] } }),
    );
    const before = meanOf(events, "good");
    expect(meanOf([...events, ...flood], "good")).toBeLessThan(before);
    const rolledBack = [...events, ...flood].filter(({ batch }) => batch !== "flood");
    expect(meanOf(rolledBack, "good")).toBe(before);
  });

  test("takes the last of one person's ratings of a generation", () => {
    const first = ratingEvent(1, { stars: 1 });
    const second = { ...first, id: `${first.id}b`, stars: 5 as const, at: first.at + 1 };
    expect(learn([second, first], { now: NOW }).ratings).toEqual([second]);
  });

  test("believes one person who is alone, without taking a habit for leniency", () => {
    const alone = Array.from({ length: 12 }, (_, at) => ratingEvent(at * 24, { stars: 5 }));
    const learned = learn(alone, { now: NOW });
    expect(learned.adjustments.raters.get("ann")).toMatchObject({ leniency: expect.closeTo(0, 9) });
    expect(meanOf(alone, "style")).toBeGreaterThan(0.75);
  });

  test("shares the credit among the LoRAs of a picture", () => {
    const two = ratingEvent(1, { stars: 5, choice: { loras: ["a", "b"], strengths: [0.8, 0.4] } });
    const { loras } = learn([two], { now: NOW });
    const [a, b] = ["a", "b"].map(
      (lora) => loras.believe({ thing: lora, family: "sdxl", subject: "person" }).observations,
    );
    expect(a).toBeCloseTo(b ?? 0, 9);
    expect(a).toBeLessThanOrEqual(0.5);
  });

  test("lets ratings age only where a half-life is given", () => {
    const old = ratingEvent(0, { stars: 5 });
    const now = old.at + 30 * 86_400_000;
    const observations = (halfLifeDays: number | null) =>
      learn([old], { now, halfLifeDays }).loras.believe({ thing: "style", family: "sdxl", subject: "person" })
        .observations;
    expect(observations(30)).toBeCloseTo(observations(null) / 2, 9);
  });
});

describe("people who do not mean well", () => {
  test("weigh little, are listed with their batches, and are not mistaken for strict ones", () => {
    const events = honestRatings();
    const against = Array.from({ length: 12 }, (_, at) =>
      ratingEvent(at * 5, {
        rater: "mallory",
        stars: at % 2 === 0 ? 1 : 5,
        batch: "b1",
        choice: { loras: [at % 2 === 0 ? "good" : "bad"] },
      }),
    );
    const strict = Array.from({ length: 12 }, (_, at) =>
      ratingEvent(at * 5, {
        rater: "strict",
        stars: at % 2 === 0 ? 3 : 1,
        choice: { loras: [at % 2 === 0 ? "good" : "bad"] },
      }),
    );
    const learned = learn([...events, ...against, ...strict], { now: NOW });
    const { raters } = learned.adjustments;
    expect(raters.get("mallory")?.reliability).toBeLessThan(0.05);
    expect(raters.get("strict")?.reliability).toBeGreaterThan(0.9);
    expect(raters.get("strict")?.leniency).toBeLessThan(0);
    expect(suspectsOf(learned)).toMatchObject([{ rater: "mallory", ratings: 12, batches: ["b1"] }]);
  });

  test("cannot outshout others by sending much: a day's ratings of one LoRA count as five", () => {
    const events = honestRatings();
    const flood = (count: number) =>
      Array.from({ length: count }, () => ratingEvent(30, { rater: "loud", stars: 1, choice: { loras: ["good"] } }));
    const few = meanOf([...events, ...flood(5)], "good");
    expect(meanOf([...events, ...flood(500)], "good")).toBeCloseTo(few, 1);
    const reasons = suspectsOf(learn([...events, ...flood(500)], { now: NOW })).flatMap((suspect) => suspect.reasons);
    expect(reasons).toContain("500 ratings of the same LoRAs in a day; they count as 5");
  });
});

describe("choosing", () => {
  test("draws a taste, and leaves a stated share of choices without one", () => {
    const learned = learn(honestRatings(), { now: NOW, holdoutShare: 0.2 });
    const random = seeded(3);
    const choices = Array.from({ length: 2_000 }, () => tasteToChooseBy(learned, random));
    const holdout = choices.filter(({ arm }) => arm === "holdout");
    expect(holdout.length / choices.length).toBeCloseTo(0.2, 1);
    expect(holdout[0]?.taste.score(context("good"))).toEqual({ mean: 0.5, observations: 0 });
    const drawn = choices.filter(({ arm }) => arm === "learned");
    const prefersGood = drawn.filter(
      ({ taste }) => taste.score(context("good")).mean > taste.score(context("bad")).mean,
    );
    expect(prefersGood.length / drawn.length).toBeGreaterThan(0.95);
  });

  test("learns over bands of parameters in the same way", () => {
    expect(bandOf("steps", 30)).toBe("30..40");
    expect(bandOf("steps", 4)).toBe("0..10");
    expect(bandOf("guidance", 20)).toBe("11..");
    const events = Array.from({ length: 60 }, (_, at) =>
      ratingEvent(at * 6, {
        rater: `r${at % 7}`,
        stars: at % 2 === 0 ? 5 : 2,
        choice: { steps: at % 2 === 0 ? 32 : 12 },
      }),
    );
    const learned = learn(events, { now: NOW });
    const question = { parameter: "steps", family: "sdxl", subject: "person" } as const;
    expect(believeBand(learned, 35, question).mean).toBeGreaterThan(believeBand(learned, 15, question).mean + 0.2);
    const random = seeded(9);
    const drawn = Array.from({ length: 200 }, () => drawBand(learned, [12, 35], question, random));
    expect(drawn.filter((steps) => steps === 35).length).toBeGreaterThan(180);
    const { steps, guidance } = drawParameters(learned, { family: "sdxl", subject: "person" }, random);
    expect(steps).toMatchObject({ value: 32 });
    expect(guidance?.value).toBe(7);
    expect(guidance?.observations).toBeGreaterThan(50);
    expect(drawParameters(learned, { family: "flux", subject: "person" }, random)).toEqual({});
  });
});
