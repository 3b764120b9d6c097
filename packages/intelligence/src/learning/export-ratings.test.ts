import { expect, test } from "vitest";
import { honestRatings, ratingEvent } from "../../test/rating-events.ts";
import { exportLearned, ratingsCsv } from "./export-ratings.ts";
import { learn } from "./learn.ts";
import { liftOf } from "./lift.ts";

test("an export is JSON from which the same is learned again", () => {
  const learned = learn(honestRatings(), { now: 0 });
  const exported = exportLearned(learned);
  const again = JSON.parse(JSON.stringify(exported)) as typeof exported;
  expect(again).toEqual(exported);
  expect(exportLearned(learn(again.ratings, { now: 0 }))).toEqual(exported);
  expect(exported.calibration.forecasts).toBe(60);
});

test("a table keeps commas, quotes and lines, and no comment becomes a formula", () => {
  const event = ratingEvent(1, {
    id: "7",
    comment: '=1+1, "so"\nthere',
    choice: { loras: ["a", "b"], strengths: [1, 0.5] },
  });
  const [head, row, ...rest] = ratingsCsv([event]).split("\r\n");
  expect(head).toBe("id,at,rater,stars,manifest,batch,arm,family,subject,loras,strengths,steps,guidance,comment");
  expect(row).toBe(
    `7,1970-01-01T01:00:00.000Z,ann,4,${event.manifest},,,sdxl,person,a;b,1;0.5,30,7,"'=1+1, ""so""\nthere"`,
  );
  expect(rest).toEqual([""]);
});

test("what learning brings is the distance of the arms, with an interval, and nothing where an arm is missing", () => {
  const arm = (name: "learned" | "holdout", stars: readonly (1 | 2 | 3 | 4 | 5)[]) =>
    stars.map((each) => ratingEvent(1, { arm: name, stars: each }));
  const lift = liftOf([...arm("learned", [5, 4, 5, 4]), ...arm("holdout", [3, 2, 3, 2]), ratingEvent(1)]);
  expect(lift).toMatchObject({ learned: { ratings: 4, stars: 4.5 }, holdout: { ratings: 4, stars: 2.5 } });
  expect(lift.stars?.estimate).toBe(2);
  expect(lift.stars?.low).toBeCloseTo(2 - 1.96 * Math.sqrt((2 * (1 / 3)) / 4), 9);
  expect(liftOf(arm("learned", [5, 5]))).toMatchObject({ holdout: { ratings: 0, stars: null }, stars: null });
});
