/** A subset of the differences, by their places, that was tried, and what came of it. */
export interface JudgedTrial {
  /** Ascending. */
  readonly applied: readonly number[];
  /** `skip`: nobody can tell, or it cannot be made. */
  readonly verdict: "good" | "bad" | "skip";
}

export type BisectStep =
  | {
      readonly kind: "test";
      readonly applied: readonly number[];
      /** Differences among which the next culprit is. */
      readonly suspects: readonly number[];
      /** Trials until the end at most, this one included, where a single difference is to blame and none is skipped. */
      readonly trialsLeft: number;
    }
  | {
      readonly kind: "found";
      /** All of them are needed together, and are enough. */
      readonly culprits: readonly number[];
      /** Where skipped trials leave it open: one of these belongs to them too. Empty where all is known. */
      readonly suspects: readonly number[];
    };

/** Trials that one difference among so many takes: halving, and a last one that takes it alone. */
export const trialsFor = (differences: number): number =>
  differences <= 1 ? 0 : Math.ceil(Math.log2(differences)) + 1;

/**
 * What to try next, given that none of the differences is good, all of them are bad, and what was tried so far. The
 * differences stand in a row; halving finds the first whose beginning of the row is bad, which therefore is needed. Where it
 * is not enough by itself, the rest of the row before it is halved again with it applied, until what was found is enough:
 * delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002) by halves alone, which
 * takes at most ⌈log₂ n⌉ + 1 trials for each culprit. It ends whatever the verdicts are.
 */
export function nextTrial(count: number, trials: readonly JudgedTrial[]): BisectStep {
  const verdicts = new Map(trials.map(({ applied, verdict }) => [keyOf(applied), verdict]));
  verdicts.set(keyOf([]), "good");
  verdicts.set(keyOf(range(0, count)), "bad");
  const found: number[] = [];
  for (let end = count; ; ) {
    if (found.length > 0) {
      const alone = end === 0 ? "bad" : verdicts.get(keyOf(sorted(found)));
      if (alone === undefined) return test(sorted(found), range(0, end), 1);
      if (alone === "bad") return { kind: "found", culprits: sorted(found), suspects: [] };
      if (alone === "skip") return { kind: "found", culprits: sorted(found), suspects: range(0, end) };
    }
    const search = halve(end, (prefix) => verdicts.get(keyOf(sorted([...range(0, prefix), ...found]))));
    if (search.kind === "ask") {
      const { from, to, prefix } = search;
      const left = Math.ceil(Math.log2(to - from)) + (end === 1 ? 0 : 1);
      return test(sorted([...range(0, prefix), ...found]), range(from, to), left);
    }
    if (search.kind === "stuck") {
      return { kind: "found", culprits: sorted(found), suspects: range(search.from, search.to) };
    }
    found.push(search.culprit);
    end = search.culprit;
  }
}

type Search =
  | { readonly kind: "ask"; readonly prefix: number; readonly from: number; readonly to: number }
  | { readonly kind: "culprit"; readonly culprit: number }
  /** All that lies between was skipped. */
  | { readonly kind: "stuck"; readonly from: number; readonly to: number };

/** Between a beginning of the row that is good (`from` differences) and one that is bad (`to`): which one turns it. */
function halve(end: number, verdictOf: (prefix: number) => JudgedTrial["verdict"] | undefined): Search {
  let [from, to] = [0, end];
  while (to - from > 1) {
    const middle = nearest(from, to, (prefix) => verdictOf(prefix) !== "skip");
    if (middle === null) return { kind: "stuck", from, to };
    const verdict = verdictOf(middle);
    if (verdict === undefined) return { kind: "ask", prefix: middle, from, to };
    if (verdict === "bad") to = middle;
    else from = middle;
  }
  return { kind: "culprit", culprit: from };
}

/** The number between, both ends excluded, that is nearest to the middle and will do. */
function nearest(from: number, to: number, will: (prefix: number) => boolean): number | null {
  const middle = Math.floor((from + to) / 2);
  for (let off = 0; off < to - from; off += 1) {
    for (const prefix of [middle - off, middle + off]) if (prefix > from && prefix < to && will(prefix)) return prefix;
  }
  return null;
}

const test = (applied: readonly number[], suspects: readonly number[], trialsLeft: number): BisectStep => ({
  ...{ kind: "test", applied, suspects, trialsLeft },
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const sorted = (places: readonly number[]): number[] => [...new Set(places)].sort((a, b) => a - b);
const keyOf = (applied: readonly number[]): string => applied.join(" ");
