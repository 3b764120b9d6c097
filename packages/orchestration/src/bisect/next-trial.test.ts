import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgedTrial, nextTrial, trialsFor } from "./next-trial.ts";

/** Answers every question until the search ends; throws when it asks the same twice or does not end. */
function search(count: number, judge: (applied: readonly number[]) => JudgedTrial["verdict"]) {
  const trials: JudgedTrial[] = [];
  for (let turn = 0; turn <= 4 * count + 4; turn += 1) {
    const step = nextTrial(count, trials);
    if (step.kind === "found") return { ...step, trials };
    const asked = step.applied.join();
    if (trials.some(({ applied }) => applied.join() === asked)) throw new Error(`asked for ${asked} again`);
    trials.push({ applied: step.applied, verdict: judge(step.applied) });
  }
  throw new Error("it does not end");
}

const isBadWith = (culprits: readonly number[]) => (applied: readonly number[]) =>
  culprits.every((culprit) => applied.includes(culprit)) ? ("bad" as const) : ("good" as const);

describe("nextTrial", () => {
  it("finds any single culprit within log₂ n trials, and one more that takes it alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(), (count, drawn) => {
        const culprit = drawn % count;
        const { culprits, suspects, trials } = search(count, isBadWith([culprit]));
        expect(culprits).toEqual([culprit]);
        expect(suspects).toEqual([]);
        expect(trials.length).toBeLessThanOrEqual(trialsFor(count));
      }),
    );
  });

  it("says beforehand how many trials are left at most", () => {
    const first = nextTrial(16, []);
    expect(first).toMatchObject({ kind: "test", trialsLeft: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.nat(), (count, drawn) => {
        const trials: JudgedTrial[] = [];
        let before = trialsFor(count) + 1;
        for (let step = nextTrial(count, trials); step.kind === "test"; step = nextTrial(count, trials)) {
          expect(step.trialsLeft).toBeLessThan(before);
          before = step.trialsLeft;
          trials.push({ applied: step.applied, verdict: isBadWith([drawn % count])(step.applied) });
        }
      }),
    );
  });

  it("finds differences that are bad only together, all of them and no more", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(199), { minLength: 2, maxLength: 4 }), (planted) => {
        const { culprits, suspects, trials } = search(200, isBadWith(planted));
        expect(culprits).toEqual([...planted].sort((a, b) => a - b));
        expect(suspects).toEqual([]);
        expect(trials.length).toBeLessThanOrEqual(planted.length * trialsFor(200));
      }),
    );
  });

  it("always ends, and never asks the same twice, whatever the verdicts are", () => {
    const verdict = fc.constantFrom("good" as const, "bad" as const, "skip" as const);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.infiniteStream(verdict), (count, verdicts) => {
        const answer = search(count, () => verdicts.next().value ?? "skip");
        expect(answer.culprits.length + answer.suspects.length).toBeGreaterThan(0);
      }),
    );
  });

  it("goes around trials that nobody can judge, and names what they leave open", () => {
    const around = search(8, (applied) => (applied.length === 4 ? "skip" : isBadWith([2])(applied)));
    expect(around.culprits).toEqual([2]);
    const open = search(8, (applied) => ([3, 4, 5].includes(applied.length) ? "skip" : isBadWith([3])(applied)));
    expect(open).toMatchObject({ culprits: [], suspects: [2, 3, 4, 5] });
  });

  it("needs no trial where one difference is all there is", () => {
    expect(nextTrial(1, [])).toEqual({ kind: "found", culprits: [0], suspects: [] });
  });
});
