import { eachModule } from "../streams/each-module.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { ToolRun } from "../streams/progress.ts";
import type { RunModule } from "../threads/module-work.ts";

export interface PruneOptions extends ToolRun {
  /** Modules whose change has a smaller Frobenius norm go; 0 (when absent) takes out those that change nothing. */
  readonly minNorm?: number;
  readonly runModule: RunModule;
}

export interface PrunedLora {
  readonly adapters: LazyAdapter[];
  readonly removed: readonly { readonly module: string; readonly norm: number }[];
}

/** The LoRA without modules that do nothing, or too little. What does not change a weight (biases, norms) and DoRA stay. */
export async function pruneLora(adapters: readonly LazyAdapter[], options: PruneOptions): Promise<PrunedLora> {
  const { runModule, signal, minNorm = 0 } = options;
  const measured = await eachModule(adapters, options, async (adapter) => {
    if (!isMeasurable(adapter)) return { adapter, norm: Number.POSITIVE_INFINITY };
    const { aa } = await runModule("compare", { a: await adapter.load(signal), b: null }, signal);
    return { adapter, norm: Math.sqrt(aa) };
  });
  const isDead = ({ norm }: { norm: number }) => norm === 0 || norm < minNorm;
  return {
    adapters: measured.filter((each) => !isDead(each)).map(({ adapter }) => adapter),
    removed: measured.filter(isDead).map(({ adapter, norm }) => ({ module: adapter.module, norm })),
  };
}

/** DoRA's change depends on the base's weights, and an adapter of kind `full` may hold none. */
function isMeasurable({ kind, tensors }: LazyAdapter): boolean {
  return tensors.dora_scale === undefined && (kind !== "full" || tensors.diff !== undefined);
}
