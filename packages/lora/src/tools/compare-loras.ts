import { eachModule } from "../streams/each-module.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import type { ToolRun } from "../streams/progress.ts";
import type { RunModule } from "../threads/module-work.ts";
import { blockOf } from "./block-of.ts";
import type { ModuleProducts } from "./compare-module.ts";

/** How two changes of weights stand to each other, over all elements of what is compared. */
export interface Likeness {
  /** 1 the same direction, 0 nothing in common, −1 opposite; null when one of them changes nothing. */
  readonly cosine: number | null;
  /** Frobenius norms, alpha included. */
  readonly normA: number;
  readonly normB: number;
  /** Frobenius norm of the difference. */
  readonly distance: number;
}

export interface LoraComparison {
  readonly whole: Likeness;
  readonly blocks: readonly ({ readonly block: string } & Likeness)[];
  readonly modules: readonly ({ readonly module: string } & Likeness)[];
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
}

/** Cosines and norms by module, by block and in all, without forming what a LoRA changes. */
export async function compareLoras(
  a: readonly LazyAdapter[],
  b: readonly LazyAdapter[],
  options: ToolRun & { readonly runModule: RunModule },
): Promise<LoraComparison> {
  const { runModule, signal } = options;
  const [inA, inB] = [a, b].map((adapters) => new Map(adapters.map((adapter) => [adapter.module, adapter])));
  const modules = [...new Set([...a, ...b].map(({ module }) => module))].sort();
  const products = await eachModule(
    modules.map((module) => ({ module })),
    options,
    async ({ module }) => {
      const [first, second] = await Promise.all(
        [inA, inB].map(async (adapters) => (await adapters?.get(module)?.load(signal)) ?? null),
      );
      const found = await runModule("compare", { a: first ?? null, b: second ?? null }, signal);
      return { module, block: blockOf(module), ...found };
    },
  );
  const blocks = Map.groupBy(products, ({ block }) => block);
  return {
    whole: likeness(products),
    blocks: [...blocks].map(([block, each]) => ({ block, ...likeness(each) })),
    modules: products.map((each) => ({ module: each.module, ...likeness([each]) })),
    onlyA: modules.filter((module) => !inB?.has(module)),
    onlyB: modules.filter((module) => !inA?.has(module)),
  };
}

/** Of weights that stand side by side inner products add up. */
function likeness(products: readonly ModuleProducts[]): Likeness {
  const sum = (pick: keyof ModuleProducts) => products.reduce((total, each) => total + each[pick], 0);
  const [aa, ab, bb] = [sum("aa"), sum("ab"), sum("bb")];
  return {
    cosine: aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : null,
    normA: Math.sqrt(aa),
    normB: Math.sqrt(bb),
    // Of equal changes rounding may leave less than nothing.
    distance: Math.sqrt(Math.max(0, aa - 2 * ab + bb)),
  };
}
