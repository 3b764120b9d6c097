import { UserError } from "@loramill/contracts";
import { factorOutlines } from "../changes/factor-tensors.ts";
import { inputsOf } from "../changes/weight-shape.ts";
import type { TensorInfo } from "../safetensors/safetensors-header.ts";
import { type FloatDtype, isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { ToolRun } from "../streams/progress.ts";
import { readTensor, type StoredTensors } from "../streams/stored-tensors.ts";
import type { RunModule } from "../threads/module-work.ts";

export interface ExtractOptions extends Pick<ToolRun, "signal"> {
  readonly original: StoredTensors;
  readonly tuned: StoredTensors;
  /** What is looked at: modules, and what both checkpoints call their weights. */
  readonly weights: readonly { readonly module: string; readonly tensor: string }[];
  /** At most; never above what a weight's shape allows. */
  readonly rank: number;
  /** For convolutions larger than 1 × 1; as `rank` when absent. */
  readonly convRank?: number;
  readonly dtype: FloatDtype;
  /**
   * A component (the first word of a module's path, such as `text_encoder`) of which no element differs by more is taken
   * for unchanged, and left out; kohya's tool does so with 0.01 for text encoders.
   */
  readonly minDifference?: (component: string) => number;
  /** See `extractModule`. */
  readonly clampQuantile?: number;
  readonly runModule: RunModule;
}

interface Weight {
  readonly module: string;
  readonly original: TensorInfo;
  readonly tuned: TensorInfo;
}

/**
 * The LoRA that turns one checkpoint into another, as near as its rank allows; alpha is the rank. Values are read and
 * computed when an adapter is asked for. Throws UserError `shape-mismatch` or `no-difference`.
 */
export async function extractLora(options: ExtractOptions): Promise<LazyAdapter[]> {
  const { rank, convRank = rank, dtype, clampQuantile, runModule } = options;
  const changed = await changedWeights(pairUp(options), options);
  if (changed.length === 0) {
    throw new UserError("the two checkpoints do not differ in any weight that a LoRA can change", {
      code: "no-difference",
    });
  }
  return changed.map(({ module, original, tuned }) => {
    const { shape } = original;
    const inputs = inputsOf(shape);
    const kept = Math.min(inputs > (shape[1] ?? 1) ? convRank : rank, shape[0] ?? 1, inputs);
    return {
      module,
      kind: "lora",
      rank: kept,
      alpha: kept,
      tensors: factorOutlines(shape, kept, dtype),
      async load(signal) {
        const [from, to] = await Promise.all([
          readTensor(options.original, original),
          readTensor(options.tuned, tuned),
        ]);
        const request = { module, original: from, tuned: to, rank: kept, dtype };
        return runModule("extract", clampQuantile === undefined ? request : { ...request, clampQuantile }, signal);
      },
    };
  });
}

/** Weights that both have, of floats and with at least two dimensions. */
function pairUp({ original, tuned, weights }: ExtractOptions): Weight[] {
  return weights.flatMap(({ module, tensor }) => {
    const [from, to] = [original.header.tensors.get(tensor), tuned.header.tensors.get(tensor)];
    if (from === undefined || to === undefined || from.shape.length < 2) return [];
    if (!isFloatDtype(from.dtype) || !isFloatDtype(to.dtype)) return [];
    if (from.shape.join() !== to.shape.join()) {
      throw new UserError(
        `${tensor} is [${from.shape.join(", ")}] in one checkpoint and [${to.shape.join(", ")}] in the other: they are not of one family`,
        { code: "shape-mismatch", details: { tensor } },
      );
    }
    return [{ module, original: from, tuned: to }];
  });
}

async function changedWeights(weights: readonly Weight[], options: ExtractOptions): Promise<Weight[]> {
  const kept: Weight[] = [];
  for (const [component, group] of Map.groupBy(weights, ({ module }) => module.split(".")[0] ?? module)) {
    const least = options.minDifference?.(component) ?? 0;
    if (least <= 0 || (await differsByMore(group, least, options))) kept.push(...group);
  }
  return kept;
}

async function differsByMore(
  group: readonly Weight[],
  least: number,
  { original, tuned, signal }: ExtractOptions,
): Promise<boolean> {
  for (const each of group) {
    signal?.throwIfAborted();
    const [a, b] = await Promise.all([floatsOf(original, each.original), floatsOf(tuned, each.tuned)]);
    for (let i = 0; i < a.length; i += 1) if (Math.abs((a[i] as number) - (b[i] as number)) > least) return true;
  }
  return false;
}

async function floatsOf(file: StoredTensors, info: TensorInfo): Promise<Float32Array> {
  const { data } = await readTensor(file, info);
  return isFloatDtype(info.dtype) ? toFloat32(info.dtype, data) : new Float32Array();
}
