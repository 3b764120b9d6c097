import type { Adapter } from "./adapter.ts";
import { deltaOf } from "./adapter-delta.ts";
import { badAdapter, type Matrix, matrixOf } from "./adapter-values.ts";

/**
 * The weight a DoRA adapter leads to: W0 + strength · (m · V / ‖V‖ − W0) with V = W0 + delta. A `dora_scale` of shape
 * [out, 1] holds one magnitude per output row, the older [1, in] one per input column. `base` is W0, row-major
 * [out, inputs] with the kernel flattened into the columns; it is not changed. Throws UserError `bad-adapter`.
 * Source: DoRA (arXiv 2402.09353), section 4; the per-column form is that of early LyCORIS files.
 */
export function applyDora(base: Float32Array, adapter: Adapter, strength: number): Float32Array {
  const delta = deltaOf(adapter);
  if (delta === null || base.length !== delta.values.length) {
    throw badAdapter(adapter.module, `its change does not fit a weight of ${base.length} values`);
  }
  const moved = { ...delta, values: delta.values.map((value, i) => value + (base[i] ?? 0)) };
  const { values: magnitudes } = matrixOf(adapter, "dora_scale");
  const group = groupsOf(adapter, moved, magnitudes.length);
  const squares = new Float64Array(magnitudes.length);
  moved.values.forEach((value, i) => {
    const g = group(i);
    squares[g] = (squares[g] ?? 0) + value * value;
  });
  return moved.values.map((value, i) => {
    const from = base[i] ?? 0;
    const norm = Math.sqrt(squares[group(i)] ?? 0);
    // A row of zeros has no direction: its magnitude cannot be applied.
    const target = norm === 0 ? 0 : ((magnitudes[group(i)] ?? 0) * value) / norm;
    return from + strength * (target - from);
  });
}

/** Which magnitude belongs to the value at an index of the weight. */
function groupsOf(adapter: Adapter, { rows, columns }: Matrix, count: number): (index: number) => number {
  const isPerRow = adapter.tensors.dora_scale?.shape[0] === rows && count === rows;
  if (isPerRow) return (index) => Math.floor(index / columns);
  // An input channel of a convolution has one magnitude for its whole kernel.
  const kernel = columns / count;
  if (!Number.isInteger(kernel)) throw badAdapter(adapter.module, `its dora_scale holds ${count} magnitudes`);
  return (index) => Math.floor((index % columns) / kernel);
}
