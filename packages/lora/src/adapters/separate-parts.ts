import { fromFloat32 } from "../safetensors/tensor-values.ts";
import { type Adapter, type AdapterTensor, adapterScale } from "./adapter.ts";
import { type Matrix, matrixOf } from "./adapter-values.ts";
import { cannotConvert } from "./cannot-convert.ts";
import { isPlainLora, outputRows, splitTensors, writableDtype } from "./row-parts.ts";
import { sliceRows } from "./tensor-rows.ts";

/**
 * The adapter of a module that computes several at once as one adapter per part, in their order; null for parts it does
 * not change. Ranks that only one part uses go to that part; otherwise every part shares the down matrix and gets its
 * rows of the up matrix, which is exact for all kinds whose tensors have output rows. Throws UserError `cannot-convert`.
 */
export function separateParts(
  adapter: Adapter,
  parts: readonly { readonly module: string; readonly share: number }[],
): (Adapter | null)[] {
  const { perRow, shared } = splitTensors(adapter);
  const unit = outputRows(adapter) / parts.reduce((sum, { share }) => sum + share, 0);
  if (!Number.isInteger(unit)) throw cannotConvert(adapter.module, "its outputs do not divide into the module's parts");
  let row = 0;
  const bounds = parts.map(({ module, share }) => {
    const from = row;
    row += share * unit;
    return { module, from, to: row };
  });
  const blocks = isPlainLora(adapter) ? diagonalBlocks(matrixOf(adapter, "up"), bounds) : null;
  if (blocks !== null) return bounds.map((bound, i) => takeBlock(adapter, bound, blocks[i] ?? null));
  return bounds.map(({ module, from, to }) => {
    const rows = perRow.map(([part, tensor]) => [part, sliceRows(tensor, from, to)] as const);
    const up = isPlainLora(adapter) ? rows.find(([part]) => part === "up") : undefined;
    if (up?.[1].data.every((byte) => byte === 0) && !isZero(adapter.tensors.up)) return null;
    return { ...adapter, module, tensors: Object.fromEntries([...shared, ...rows]) };
  });
}

const isZero = (tensor: AdapterTensor | undefined) => tensor?.data.every((byte) => byte === 0) ?? true;

interface Bound {
  readonly module: string;
  readonly from: number;
  readonly to: number;
}
interface Columns {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranks each part uses when no two parts use the same: equal blocks where these fit (a part may be zero), else from
 * the first to the last that is used, with null for parts that use none. Null when parts share ranks.
 */
function diagonalBlocks(up: Matrix, bounds: readonly Bound[]): (Columns | null)[] | null {
  const used = bounds.map(({ from, to }) => usedColumns(up, from, to));
  const count = used.filter((columns) => columns !== null).length;
  if (count === 0) return null;
  const size = up.columns / bounds.length;
  const equal = bounds.map((_, i) => ({ from: i * size, to: (i + 1) * size }));
  const fitsEqual = used.every((columns, i) => columns === null || isWithin(columns, equal[i]));
  if (Number.isInteger(size) && fitsEqual) return equal;
  let end = 0;
  for (const columns of used) {
    if (columns === null) continue;
    if (columns.from < end) return null;
    end = columns.to;
  }
  // One part alone that uses all ranks is also "diagonal": its zeros elsewhere say that the others are not changed.
  return used;
}

const isWithin = (inner: Columns, outer: Columns | undefined) =>
  outer !== undefined && inner.from >= outer.from && inner.to <= outer.to;

function usedColumns({ columns, values }: Matrix, from: number, to: number): Columns | null {
  let first = columns;
  let last = -1;
  for (let i = from * columns; i < to * columns; i += 1) {
    if (values[i] === 0) continue;
    first = Math.min(first, i % columns);
    last = Math.max(last, i % columns);
  }
  return last === -1 ? null : { from: first, to: last + 1 };
}

function takeBlock(adapter: Adapter, { module, from, to }: Bound, columns: Columns | null): Adapter | null {
  if (columns === null) return null;
  const up = matrixOf(adapter, "up");
  const rank = columns.to - columns.from;
  const values = new Float32Array((to - from) * rank);
  for (let row = from; row < to; row += 1) {
    const start = row * up.columns;
    values.set(up.values.subarray(start + columns.from, start + columns.to), (row - from) * rank);
  }
  const dtype = writableDtype(adapter, "up");
  const shape = [to - from, rank, ...(adapter.tensors.up?.shape.slice(2) ?? [])];
  const down = sliceRows(adapter.tensors.down as AdapterTensor, columns.from, columns.to);
  return {
    module,
    kind: "lora",
    rank,
    alpha: adapter.alpha === null ? null : adapterScale(adapter) * rank,
    tensors: { down, up: { dtype, shape, data: fromFloat32(dtype, values) } },
  };
}
