import { factorOutlines } from "../changes/factor-tensors.ts";
import { type KeptRank, keptRank, type RankRule } from "../changes/kept-rank.ts";
import { inputsOf, weightShape } from "../changes/weight-shape.ts";
import { notLowRank } from "../merge/merge-module.ts";
import { type FloatDtype, isFloatDtype } from "../safetensors/tensor-values.ts";
import { eachModule } from "../streams/each-module.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { ToolRun } from "../streams/progress.ts";
import type { RunModule } from "../threads/module-work.ts";

export interface ResizeOptions extends ToolRun {
  readonly rule: RankRule;
  /** For convolutions larger than 1 × 1; as `rule` when absent. */
  readonly convRule?: RankRule;
  /** Of the result; that of each adapter's up when absent. */
  readonly dtype?: FloatDtype;
  readonly runModule: RunModule;
}

export interface ResizedModule extends KeptRank {
  readonly module: string;
  readonly rankBefore: number;
}

export interface ResizedLora {
  readonly adapters: LazyAdapter[];
  readonly modules: ResizedModule[];
}

/**
 * Every adapter at another rank. The ranks are found first, from singular values alone; the factors are computed when they
 * are asked for. Alpha goes with the rank, so that the strength stays. Adapters without factors for a weight (biases,
 * norms, whole differences) are passed on; throws UserError `not-low-rank` for LoHa and LoKr, which a merge by svd
 * turns into factors.
 */
export async function resizeLora(adapters: readonly LazyAdapter[], options: ResizeOptions): Promise<ResizedLora> {
  const { runModule, signal } = options;
  const resizable = adapters.filter(({ module, kind }) => {
    if (kind === "loha" || kind === "lokr") throw notLowRank(module, kind);
    return kind === "lora";
  });
  const found = await eachModule(resizable, options, async (adapter) => {
    const values = await runModule("spectrum", { adapter: await adapter.load(signal) }, signal);
    const kept = keptRank(values, ruleFor(adapter, options));
    return { module: adapter.module, rankBefore: adapter.rank, ...kept };
  });
  const ranks = new Map(found.map(({ module, rank }) => [module, rank]));
  const resized = adapters.map((adapter) => {
    const rank = ranks.get(adapter.module);
    return rank === undefined ? adapter : resizedAdapter(adapter, rank, options);
  });
  return { adapters: resized, modules: found };
}

function ruleFor(adapter: LazyAdapter, { rule, convRule = rule }: ResizeOptions): RankRule {
  const shape = weightShape(adapter) ?? [];
  return inputsOf(shape) > (shape[1] ?? 1) ? convRule : rule;
}

function resizedAdapter(adapter: LazyAdapter, rank: number, { dtype, runModule }: ResizeOptions): LazyAdapter {
  const { module, tensors } = adapter;
  const shape = weightShape(adapter) ?? [];
  const stored = tensors.up?.dtype ?? "F32";
  const into = dtype ?? (isFloatDtype(stored) ? stored : "F32");
  const alpha = ((adapter.alpha ?? adapter.rank) / adapter.rank) * rank;
  return {
    module,
    kind: "lora",
    rank,
    alpha,
    tensors: factorOutlines(shape, rank, into),
    load: async (signal) =>
      runModule("resize", { adapter: await adapter.load(signal), shape, rank, alpha, dtype: into }, signal),
  };
}
