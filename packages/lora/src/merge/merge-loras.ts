import { UserError } from "@loramill/contracts";
import type { AdapterOutline, AdapterPart } from "../adapters/adapter.ts";
import { factorOutlines } from "../changes/factor-tensors.ts";
import { inputsOf, weightShape } from "../changes/weight-shape.ts";
import type { FloatDtype } from "../safetensors/tensor-values.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { RunModule } from "../threads/module-work.ts";
import { requireEqualRanks } from "./compatible-merges.ts";
import { lerpWeights } from "./interpolate.ts";
import { badMerge, checkMergeMethod, type MergeMethod } from "./merge-method.ts";
import { type MergeTarget, notLowRank } from "./merge-module.ts";

export interface MergeInput {
  readonly adapters: readonly LazyAdapter[];
  /** What the whole LoRA is multiplied by; `lerp` and `slerp` go by `t` instead. */
  readonly weight: number;
  /** What single modules are multiplied by besides, as `blockWeight` answers; 1 when absent. */
  readonly moduleWeight?: (module: string) => number;
}

export interface MergeOptions {
  readonly method: MergeMethod;
  /** Of the result; the widest of a module's own when absent. */
  readonly dtype?: FloatDtype;
  /** Of what is drawn: `dare`, and the range finder behind ranks of whole matrices. */
  readonly seed: string;
  readonly runModule: RunModule;
}

/**
 * Merges LoRAs module by module: answers adapters whose shapes are known and whose values are computed when they are
 * asked for. A module that only one of them adapts, at weight 1, is passed on bit for bit. Throws UserError `bad-merge`,
 * `not-low-rank`, `not-mergeable`, `unequal-ranks` or `shape-mismatch`, before any value is read.
 */
export function mergeLoras(inputs: readonly MergeInput[], options: MergeOptions): LazyAdapter[] {
  const { method } = options;
  checkMergeMethod(method, inputs.length);
  const weights = method.kind === "lerp" ? lerpWeights(method.t) : inputs.map(({ weight }) => weight);
  const byModule = new Map<string, LazyTerm[]>();
  for (const [input, { adapters, moduleWeight }] of inputs.entries()) {
    for (const adapter of adapters) {
      const weight = (method.kind === "slerp" ? 1 : (weights[input] ?? 0)) * (moduleWeight?.(adapter.module) ?? 1);
      if (!Number.isFinite(weight)) throw badMerge("weight", `the weight of ${adapter.module} is ${weight}`);
      if (weight === 0) continue;
      const terms = byModule.get(adapter.module) ?? [];
      byModule.set(adapter.module, [...terms, { adapter, weight, input }]);
    }
  }
  return [...byModule].map(([module, terms]) => planModule(module, terms, options));
}

interface LazyTerm {
  readonly adapter: LazyAdapter;
  readonly weight: number;
  readonly input: number;
}

function planModule(module: string, terms: readonly LazyTerm[], options: MergeOptions): LazyAdapter {
  const { method, seed, runModule } = options;
  const [only] = terms;
  if (only !== undefined && terms.length === 1 && only.weight === 1 && passesOn(method, only.adapter, options)) {
    return only.adapter;
  }
  for (const { adapter } of terms) refuseUnmergeable(adapter);
  const target = targetOf(module, terms, options);
  const { shape, rank, alpha, dtype } = target;
  return {
    module,
    kind: "lora",
    rank,
    alpha,
    tensors: factorOutlines(shape, rank, dtype),
    async load(signal) {
      const loadedTerms = await Promise.all(
        terms.map(async ({ adapter, weight, input }) => ({ adapter: await adapter.load(signal), weight, input })),
      );
      return runModule("merge", { terms: loadedTerms, method, target, seed }, signal);
    },
  };
}

/** Whether a module that nothing is merged with stays what it is. */
function passesOn(method: MergeMethod, adapter: LazyAdapter, { dtype }: MergeOptions): boolean {
  const isWanted = dtype === undefined || factorDtypes(adapter).every((each) => each === dtype);
  if (!isWanted) return false;
  if (method.kind === "concat" || method.kind === "kohya-sum" || method.kind === "kohya-concat") return true;
  return method.kind === "svd" && adapter.kind === "lora" && adapter.rank <= method.rank;
}

/** Parts that a weighted sum of factors does not hold. */
const unmergeable: readonly AdapterPart[] = [
  "dora_scale",
  "up_bias",
  "reshape_weight",
  "set_weight",
  "diff_b",
  "w_norm",
  "b_norm",
];

function refuseUnmergeable({ module, tensors }: AdapterOutline): void {
  const part = unmergeable.find((name) => tensors[name] !== undefined);
  if (part === undefined) return;
  const why = part === "dora_scale" ? "DoRA depends on the base weight" : `${part} is not a change of the weight`;
  throw new UserError(`${module} cannot be merged: ${why}. Merge it into a checkpoint, or leave the module out.`, {
    code: "not-mergeable",
    details: { module, part },
  });
}

function targetOf(module: string, terms: readonly LazyTerm[], { method, dtype }: MergeOptions): MergeTarget {
  const shape = commonShape(module, terms);
  const isLowRank = terms.every(({ adapter }) => adapter.kind === "lora");
  const ranks = terms.map(({ adapter }) => adapter.rank);
  const joinedRank = ranks.reduce((sum, rank) => sum + rank, 0);
  const firstAlpha = terms[0]?.adapter.alpha ?? ranks[0] ?? 1;
  const common = { shape, dtype: dtype ?? widestDtype(terms) };
  if ("rank" in method) {
    const most = Math.min(
      shape[0] ?? 1,
      inputsOf(shape),
      isLowRank && !("density" in method) ? joinedRank : method.rank,
    );
    const rank = Math.min(method.rank, most);
    return { ...common, rank, alpha: rank };
  }
  if (!isLowRank) throw notLowRank(module, terms.find(({ adapter }) => adapter.kind !== "lora")?.adapter.kind ?? "");
  if (method.kind === "kohya-concat") return { ...common, rank: joinedRank, alpha: firstAlpha };
  if (method.kind === "kohya-sum" || method.kind === "peft-linear") requireEqualRanks(ranks);
  if (method.kind === "kohya-sum") return { ...common, rank: ranks[0] ?? 1, alpha: firstAlpha };
  if (method.kind === "peft-linear") return { ...common, rank: ranks[0] ?? 1, alpha: ranks[0] ?? 1 };
  // The strongest stays bit for bit, and the others are only made smaller: nothing overflows.
  const strength = Math.max(...terms.map(({ adapter, weight }) => Math.abs(weight * scaleOf(adapter))));
  return { ...common, rank: joinedRank, alpha: joinedRank * (strength > 0 ? strength : 1) };
}

const scaleOf = ({ alpha, rank }: LazyAdapter) => (alpha === null || rank === 0 ? 1 : alpha / rank);

/** The weight's shape, which all must change; of a kernel that some hold flattened, as the first has it. */
function commonShape(module: string, terms: readonly LazyTerm[]): readonly number[] {
  const shapes = terms.map(({ adapter }) => weightShape(adapter) ?? []);
  const [first = []] = shapes;
  const isSame = (shape: readonly number[]) => shape[0] === first[0] && inputsOf(shape) === inputsOf(first);
  const other = shapes.find((shape) => !isSame(shape));
  if (other === undefined && first.length > 0) return first;
  const found = other === undefined ? "no weight" : `weights of [${first.join(", ")}] and of [${other.join(", ")}]`;
  throw new UserError(`the LoRAs change ${found} at ${module}: they are not for one base model`, {
    code: "shape-mismatch",
    details: { module },
  });
}

/** The one 16-bit or 32-bit dtype of all factors; F32 where they differ, and for any other. */
function widestDtype(terms: readonly LazyTerm[]): FloatDtype {
  const dtypes = new Set(terms.flatMap(({ adapter }) => factorDtypes(adapter)));
  const [one] = dtypes;
  return dtypes.size === 1 && (one === "F16" || one === "BF16") ? one : "F32";
}

/** Of all tensors but alpha, which is a number beside them. */
function factorDtypes({ tensors }: AdapterOutline): string[] {
  return Object.entries(tensors).flatMap(([part, { dtype }]) => (part === "alpha" ? [] : [dtype]));
}
