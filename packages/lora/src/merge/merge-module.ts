import { UserError } from "@loramill/contracts";
import { type Adapter, adapterScale } from "../adapters/adapter.ts";
import { type Change, changeInnerProduct, changeOf, sumOf, svdOfChange, timesOf, wholeOf } from "../changes/change.ts";
import { loraAdapter } from "../changes/factor-tensors.ts";
import type { Factors } from "../math/factor-svd.ts";
import { matrix } from "../math/matrix.ts";
import type { FloatDtype } from "../safetensors/tensor-values.ts";
import { clampFactors } from "./clamp-factors.ts";
import { kohyaScales, kohyaSum, peftLinear, type WeightedFactors } from "./compatible-merges.ts";
import { mergeByConsensus, weightedSum } from "./consensus.ts";
import { slerpWeights } from "./interpolate.ts";
import { joinRanks, type RankPart } from "./join-ranks.ts";
import type { MergeMethod } from "./merge-method.ts";
import { dropAndRescale, keepLargest } from "./sparsify.ts";

/** One LoRA's adapter of the module that is merged. */
export interface MergeTerm {
  readonly adapter: Adapter;
  readonly weight: number;
  /** Place of the LoRA among those that are merged. */
  readonly input: number;
}

/** What the result of a module looks like, decided before its values are computed. */
export interface MergeTarget {
  readonly shape: readonly number[];
  readonly rank: number;
  readonly alpha: number;
  readonly dtype: FloatDtype;
}

export interface ModuleMerge {
  readonly terms: readonly MergeTerm[];
  readonly method: MergeMethod;
  readonly target: MergeTarget;
  readonly seed: string;
}

/** Merges the adapters of one module; the same for the same request, in any order and thread. */
export function mergeModule({ terms, method, target, seed }: ModuleMerge): Adapter {
  const [first] = terms;
  if (first === undefined) throw new RangeError("a module with nothing to merge");
  const { module } = first.adapter;
  const asLora = (factors: Factors) => loraAdapter({ module }, factors, target);
  const cut = (change: Change, split: "up" | "even" = "even") =>
    svdOfChange(change, target.rank, `${seed}/${module}`).truncate(target.rank, split);
  switch (method.kind) {
    case "concat":
    case "lerp":
      return join(
        terms,
        terms.map(({ weight }) => weight),
        target,
      );
    case "slerp":
      return join(terms, arcWeights(terms, method.t), target);
    case "kohya-concat":
      return joinAsKohya(terms, target);
    case "svd":
      return asLora(cut(weightedChange(terms)));
    case "kohya-svd":
      return asLora(clampFactors(cut(weightedChange(terms), "up"), 0.99));
    case "kohya-sum":
      return asLora(kohyaSum(terms.map(factorsOf)));
    case "peft-linear":
      return asLora(peftLinear(terms.map(factorsOf)));
    case "magnitude":
    case "ties":
    case "dare":
      return asLora(cut(sparseMerge(terms, method, seed)));
  }
}

/** The sum by ranks. Factors are relative to the strength that the target's alpha gives to all of it. */
function join(terms: readonly MergeTerm[], weights: readonly number[], target: MergeTarget): Adapter {
  const strength = target.alpha / target.rank;
  return joined(
    terms.map(({ adapter }, i) => ({ adapter, factor: ((weights[i] ?? 0) * adapterScale(adapter)) / strength })),
    target,
  );
}

function joinAsKohya(terms: readonly MergeTerm[], target: MergeTarget): Adapter {
  const scales = kohyaScales(terms.map(({ adapter, weight }) => ({ alpha: adapter.alpha ?? adapter.rank, weight })));
  return joined(
    terms.map(({ adapter }, i) => ({ adapter, factor: (scales[i]?.up ?? 0) * (scales[i]?.down ?? 0) })),
    target,
  );
}

function joined(parts: readonly RankPart[], target: MergeTarget): Adapter {
  const module = parts[0]?.adapter.module ?? "";
  const { up, down, rank } = joinRanks(parts, target);
  return { module, kind: "lora", rank, alpha: target.alpha, tensors: { up, down } };
}

function weightedChange(terms: readonly MergeTerm[]): Change {
  return sumOf(terms.map(({ adapter, weight }) => timesOf(changeOf(adapter), weight)));
}

/** A module that only one of the two adapts goes on a straight line from or to nothing. */
function arcWeights(terms: readonly MergeTerm[], t: number): readonly number[] {
  const changes = terms.map(({ adapter }) => changeOf(adapter));
  const [a, b] = changes;
  const cosine =
    a === undefined || b === undefined
      ? Number.NaN
      : changeInnerProduct(a, b) / Math.sqrt(changeInnerProduct(a, a) * changeInnerProduct(b, b));
  const weights = slerpWeights(cosine, t);
  return terms.map(({ input }) => weights[input] ?? 0);
}

function factorsOf({ adapter, weight }: MergeTerm): WeightedFactors {
  const change = changeOf({ ...adapter, alpha: null });
  if ("whole" in change) throw notLowRank(adapter.module, adapter.kind);
  const alpha = adapter.alpha ?? adapter.rank;
  return { ...change.factors, alpha, weight };
}

export function notLowRank(module: string, kind: string): UserError {
  return new UserError(
    `${module} is ${kind}, not a pair of factors: only svd, magnitude, ties and dare can merge it with another`,
    { code: "not-low-rank", details: { module, kind } },
  );
}

type SparseMethod = Extract<MergeMethod, { readonly density: number }>;

/** The whole changes, made sparse, and merged element by element. */
function sparseMerge(terms: readonly MergeTerm[], method: SparseMethod, seed: string): Change {
  const weights = terms.map(({ weight }) => weight);
  const wholes = terms.map(({ adapter }) => wholeOf(changeOf(adapter)));
  const [shape] = wholes;
  if (shape === undefined) throw new RangeError("nothing to merge");
  const sparse = wholes.map(({ values }, i) =>
    method.kind === "dare"
      ? dropAndRescale(values, method.density, `${seed}/${terms[i]?.adapter.module}/${terms[i]?.input}`)
      : keepLargest(values, method.density),
  );
  const isElected = method.kind === "ties" || (method.kind === "dare" && method.ties === true);
  if (!isElected) return { whole: matrix(shape.rows, shape.columns, weightedSum(sparse, weights)) };
  const options = method.kind === "ties" ? { rule: "peft" as const, ...method } : { rule: "peft" as const };
  return { whole: matrix(shape.rows, shape.columns, mergeByConsensus(sparse, weights, options)) };
}
