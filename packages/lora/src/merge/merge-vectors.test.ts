import { describe, expect, it } from "vitest";
import extractVector from "../../test/vectors/extract-difference.json" with { type: "json" };
import kohyaVector from "../../test/vectors/merge-kohya-factor-sum.json" with { type: "json" };
import concatVector from "../../test/vectors/merge-linear-concat.json" with { type: "json" };
import peftVector from "../../test/vectors/merge-peft-linear.json" with { type: "json" };
import svdVector from "../../test/vectors/merge-svd.json" with { type: "json" };
import tiesVector from "../../test/vectors/merge-ties-dare.json" with { type: "json" };
import mergekitVector from "../../test/vectors/merge-ties-mergekit.json" with { type: "json" };
import resizeVector from "../../test/vectors/resize-kohya.json" with { type: "json" };
import slerpVector from "../../test/vectors/slerp.json" with { type: "json" };
import { type Change, changeInnerProduct, sumOf, svdOfChange, timesOf, wholeOf } from "../changes/change.ts";
import { keptRank, type RankRule } from "../changes/kept-rank.ts";
import { svdOfFactors } from "../math/factor-svd.ts";
import { fromRows, type Matrix, matrix, scaled } from "../math/matrix.ts";
import { multiply } from "../math/multiply.ts";
import { kohyaSum, peftLinear } from "./compatible-merges.ts";
import { mergeByConsensus, weightedSum } from "./consensus.ts";
import { slerpWeights } from "./interpolate.ts";
import { keepLargest } from "./sparsify.ts";

type Rows = readonly (readonly number[])[];

function expectClose(found: Matrix | Float64Array, expected: Rows | readonly number[]): void {
  const values = found instanceof Float64Array ? found : found.values;
  const wanted = expected.flat();
  expect(values.length).toBe(wanted.length);
  values.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-6);
  });
}

interface LoraVector {
  readonly up: number[][];
  readonly down: number[][];
  readonly alpha: number;
}
const changeOf = ({ up, down, alpha }: LoraVector): Change => ({
  factors: { up: fromRows(up), down: scaled(fromRows(down), alpha / down.length) },
});
const weighted = ({ up, down, alpha }: LoraVector, weight = 1) => ({
  up: fromRows(up),
  down: fromRows(down),
  alpha,
  weight,
});
const numbers = (tensors: readonly Rows[]) => tensors.map((rows) => fromRows(rows).values);

describe("merging, against the reference's vectors", () => {
  it("joins ranks to the exact weighted sum", () => {
    const { a, b, weights } = concatVector;
    const terms = [changeOf(a), changeOf(b)];
    expectClose(wholeOf(terms[0] as Change), concatVector.delta_a);
    const sum = sumOf(terms.map((term, i) => timesOf(term, weights[i] ?? 0)));
    expect("factors" in sum && sum.factors.down.rows).toBe(5);
    expectClose(wholeOf(sum), concatVector.expected_delta);
  });

  it("cuts the sum to any rank without forming it", () => {
    const { a, b, weights } = svdVector;
    const sum = sumOf([a, b].map((term, i) => timesOf(changeOf(term), weights[i] ?? 0)));
    const svd = svdOfChange(sum, 5, "seed");
    expectClose(svd.singularValues, svdVector.singular_values);
    for (const [rank, expected] of Object.entries(svdVector.rank_k)) {
      const { up, down } = svd.truncate(Number(rank), "even");
      expectClose(multiply(up, down), expected.delta);
      expect(keptRank(svd.singularValues, { kind: "fixed", rank: Number(rank) }).frobeniusRetained).toBeCloseTo(
        expected.fro_retained,
        6,
      );
    }
  });

  it("sums factors as kohya's tool does", () => {
    const { a, c, ratios, expected } = kohyaVector;
    const merged = kohyaSum([weighted(a, ratios[0]), weighted(c, ratios[1])]);
    expectClose(merged.up, expected.up);
    expectClose(merged.down, expected.down);
    expect(merged.alpha).toBe(expected.alpha);
    expectClose(scaled(multiply(merged.up, merged.down), merged.alpha / 2), kohyaVector.expected_delta);
  });

  it("sums factors as PEFT's linear does", () => {
    const { a, c, weights, expected } = peftVector;
    const merged = peftLinear([weighted(a, weights[0]), weighted(c, weights[1])]);
    expectClose(merged.up, expected.up);
    expectClose(merged.down, expected.down);
    expect(merged.alpha).toBe(expected.alpha);
  });

  it("refuses to add factors of different ranks", () => {
    const terms = [weighted(concatVector.a), weighted(concatVector.b)];
    expect(() => kohyaSum(terms)).toThrow(/needs equal ranks, there are 2 and 3/);
    expect(() => peftLinear(terms)).toThrow(/equal ranks/);
  });

  it("prunes, elects and drops as PEFT does", () => {
    const { weights, density } = tiesVector;
    const tensors = numbers(tiesVector.tensors);
    const pruned = tensors.map((values) => keepLargest(values, density));
    for (const [i, values] of pruned.entries()) expectClose(values, tiesVector.pruned[i] ?? []);
    expectClose(weightedSum(pruned, weights), tiesVector.magnitude_prune);
    expectClose(mergeByConsensus(pruned, weights, { rule: "peft" }), tiesVector.ties_total);
    expectClose(mergeByConsensus(pruned, weights, { rule: "peft", election: "frequency" }), tiesVector.ties_frequency);
    const masks = numbers(tiesVector.dare_masks);
    const dropped = tensors.map((values, t) => values.map((value, i) => (value * (masks[t]?.[i] ?? 0)) / density));
    expectClose(weightedSum(dropped, weights), tiesVector.dare_linear);
    expectClose(mergeByConsensus(dropped, weights, { rule: "peft" }), tiesVector.dare_ties);
  });

  it("elects weighted signs as mergekit does", () => {
    const { weights, density } = mergekitVector;
    const pruned = numbers(mergekitVector.tensors).map((values) => keepLargest(values, density));
    expectClose(mergeByConsensus(pruned, weights, { rule: "mergekit" }), mergekitVector.consensus_sum_normalized);
    expectClose(mergeByConsensus(pruned, weights, { rule: "sum" }), mergekitVector.consensus_sum_unnormalized);
  });

  it("interpolates on the sphere, and on a straight line between parallel directions", () => {
    const [v0, v1] = [fromRows(slerpVector.v0), fromRows(slerpVector.v1)];
    const between = (first: Matrix, second: Matrix, t: number) => {
      const [x, y] = [{ whole: first }, { whole: second }];
      const cosine = changeInnerProduct(x, y) / Math.sqrt(changeInnerProduct(x, x) * changeInnerProduct(y, y));
      return weightedSum([first.values, second.values], slerpWeights(cosine, t));
    };
    for (const [t, expected] of Object.entries(slerpVector.expected)) expectClose(between(v0, v1, Number(t)), expected);
    const { collinear_fallback: parallel } = slerpVector;
    expectClose(between(v0, fromRows(parallel.v1), parallel.t), parallel.expected);
  });
});

describe("resizing, against the reference's vectors", () => {
  const rules = { sv_ratio: "ratio", sv_cumulative: "cumulative", sv_fro: "frobenius" } as const;
  const { up, down, alpha } = resizeVector.lora;
  const svd = svdOfFactors({ up: fromRows(up), down: fromRows(down) });
  // As many values as the shorter side: those beyond the rank are zeros that the rules count.
  const values = Float64Array.from({ length: up.length }, (_, i) => svd.singularValues[i] ?? 0);

  it("finds the singular values", () => {
    expectClose(values, resizeVector.singular_values);
  });

  it.each(resizeVector.cases)("keeps what $method of $param within rank $max_rank keeps", (one) => {
    const rule = (
      one.method === null
        ? { kind: "fixed", rank: one.max_rank }
        : {
            kind: rules[one.method as keyof typeof rules],
            ratio: one.param,
            share: one.param,
            maxRank: one.max_rank,
          }
    ) as RankRule;
    const kept = keptRank(values, rule);
    const { expected } = one;
    expect(kept.rank).toBe(expected.new_rank);
    expect((alpha / down.length) * kept.rank).toBeCloseTo(expected.new_alpha, 6);
    expect(kept.sumRetained).toBeCloseTo(expected.sum_retained, 6);
    expect(kept.frobeniusRetained).toBeCloseTo(expected.fro_retained, 6);
    expect(kept.maxRatio).toBeCloseTo(expected.max_ratio, 5);
    const factors = svd.truncate(kept.rank, "up");
    expectClose(scaled(multiply(factors.up, factors.down), expected.new_alpha / kept.rank), expected.delta);
  });

  it("makes a matrix of zeros rank 1", () => {
    expect(keptRank(new Float64Array(4), { kind: "ratio", ratio: 2, maxRank: 8 })).toMatchObject({
      rank: 1,
      frobeniusRetained: 1,
    });
  });
});

describe("extracting, against the reference's vectors", () => {
  it("finds the difference and its best factors", () => {
    const [org, tuned] = [fromRows(extractVector.org), fromRows(extractVector.tuned)];
    const difference = matrix(
      org.rows,
      org.columns,
      tuned.values.map((value, i) => value - (org.values[i] ?? 0)),
    );
    const svd = svdOfChange({ whole: difference }, 2, "seed");
    expectClose(svd.singularValues, extractVector.singular_values);
    const { up, down } = svd.truncate(2, "up");
    expectClose(multiply(up, down), extractVector.rank2_delta);
  });
});
