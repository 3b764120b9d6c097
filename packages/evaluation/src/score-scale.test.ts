import { expect, it } from "vitest";
import { scoreScale } from "./score-scale.ts";

it("judges by the side of the middle between both ends, whichever is the higher", () => {
  const up = scoreScale({ good: 1, bad: 2 });
  expect([up?.threshold, up?.judge(0.2), up?.judge(1.5), up?.judge(1.6)]).toEqual([1.5, "good", "good", "bad"]);
  const down = scoreScale({ good: 1, bad: 0.4 });
  expect([down?.threshold, down?.judge(0.6), down?.judge(0.8)]).toEqual([0.7, "bad", "good"]);
});

it("takes another threshold, which lies between the ends", () => {
  const given = scoreScale({ good: 1, bad: 1.04 }, 1.03);
  expect([given?.judge(1.02), given?.judge(1.035)]).toEqual(["good", "bad"]);
  expect(scoreScale({ good: 1, bad: 1.04 }, 1), "what lies on it is good").not.toBeNull();
  for (const threshold of [0.9, 1.04, 1.1]) expect(scoreScale({ good: 1, bad: 1.04 }, threshold)).toBeNull();
});

it("is none where the score does not tell the ends apart", () => {
  for (const bad of [1, 1.04, 0.96, Number.NaN]) expect(scoreScale({ good: 1, bad }), `${bad}`).toBeNull();
});
