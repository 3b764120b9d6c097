import { describe, expect, test } from "vitest";
import { seeded } from "../../test/seeded.ts";
import { Beliefs } from "./beliefs.ts";
import { KINSHIP, REWARD_VARIANCE } from "./kinship.ts";

const place = (thing: string, family: string, subject: string) => ({ thing, family, subject });
const HERE = place("anime", "sdxl", "person");
const STRANGER = place("unseen", "sdxl", "person");

function rated(...ratings: readonly [at: ReturnType<typeof place>, count: number, reward: number][]): Beliefs {
  const beliefs = new Beliefs(KINSHIP);
  for (const [at, count, reward] of ratings) beliefs.add(at, count, reward);
  return beliefs;
}

describe("what is believed", () => {
  test("is neutral and rests on nothing before the first rating", () => {
    expect(new Beliefs(KINSHIP).believe(HERE)).toMatchObject({ mean: 0.5, observations: 0 });
  });

  test("goes to what was seen, most where it was seen, and relatives borrow from it", () => {
    const beliefs = rated([HERE, 40, 0.9], [place("other", "sdxl", "person"), 40, 0.3]);
    const here = beliefs.believe(HERE);
    const subject = beliefs.believe(place("anime", "flux", "person"));
    const family = beliefs.believe(place("anime", "sdxl", "animal"));
    const neither = beliefs.believe(place("anime", "flux", "animal"));
    const stranger = beliefs.believe(STRANGER);
    const means = [here, subject, family, neither, stranger].map(({ mean }) => mean);
    expect(here.mean).toBeGreaterThan(0.8);
    expect(means, "a subject lies further from its LoRA than a family, so it tells more where it is the same").toEqual(
      [...means].sort((a, b) => b - a),
    );
    expect(stranger.mean).toBeGreaterThan(0.5);
    expect(stranger.observations).toBe(0);
    expect(here.observations, "the forty themselves").toBeCloseTo(40, 6);
    expect(subject.observations, "forty of a relative are worth a few").toBeLessThan(8);
    expect(subject.observations).toBeGreaterThan(family.observations);
    expect(here.variance).toBeLessThan(subject.variance);
  });

  test("is that of the normal distribution it stands for", () => {
    // One rating of one use: the average of all, the thing and its use are one number with these variances.
    const { all, thing, family, subject, place: own } = KINSHIP;
    const prior = all ** 2 + thing ** 2 + family ** 2 + subject ** 2 + own ** 2;
    const gain = prior / (prior + REWARD_VARIANCE);
    const { mean, variance } = rated([HERE, 1, 0.9]).believe(HERE);
    expect(mean).toBeCloseTo(0.5 + gain * 0.4, 12);
    expect(variance).toBeCloseTo(prior * (1 - gain), 12);
    // What a stranger shares with it is the average of all alone.
    expect(rated([HERE, 1, 0.9]).believe(STRANGER).mean).toBeCloseTo(
      0.5 + (all ** 2 / (prior + REWARD_VARIANCE)) * 0.4,
      12,
    );
  });

  test("does not depend on the order of ratings", () => {
    const other = place("anime", "flux", "place");
    const one = rated([HERE, 2, 0.9], [other, 1, 0.1], [HERE, 1, 0.5]).believe(STRANGER);
    const two = rated([HERE, 1, 0.5], [HERE, 2, 0.9], [other, 1, 0.1]).believe(STRANGER);
    expect(two.mean).toBeCloseTo(one.mean, 12);
    expect(two.variance).toBeCloseTo(one.variance, 12);
  });

  test("is the same after something was added and taken away", () => {
    const beliefs = rated([HERE, 1, 0.75]);
    const question = place("anime", "sdxl", "animal");
    const before = beliefs.believe(question);
    for (const sign of [1, -1]) {
      for (const reward of [0, 1, 0.5]) beliefs.add(place("anime", "flux", "place"), sign * 0.7, reward);
      beliefs.believe(question);
    }
    const after = beliefs.believe(question);
    expect(after.mean).toBeCloseTo(before.mean, 10);
    expect(after.observations).toBeCloseTo(before.observations, 10);
  });

  test("stays a reward where every rating was five stars", () => {
    const { mean } = rated([HERE, 10_000, 1]).believe(HERE);
    expect(mean).toBeLessThan(1);
    expect(mean).toBeGreaterThan(0.98);
  });
});

describe("drawing", () => {
  test("answers the same question alike within a draw, and scatters around the belief, less where more is known", () => {
    const beliefs = rated([HERE, 60, 0.8]);
    const random = seeded(5);
    const draws = Array.from({ length: 2_000 }, () => {
      const drawing = beliefs.draw(random, 0.5);
      expect(drawing(HERE)).toBe(drawing(HERE));
      return { known: drawing(HERE), unknown: drawing(STRANGER) };
    });
    const known = draws.map((draw) => draw.known);
    expect(mean(known)).toBeCloseTo(beliefs.believe(HERE).mean, 2);
    expect(deviation(known)).toBeLessThan(deviation(draws.map((draw) => draw.unknown)));
    expect(Math.min(...draws.map((draw) => draw.unknown))).toBeGreaterThanOrEqual(0);
  });
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
