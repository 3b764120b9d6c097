import { dtypeBits } from "../safetensors/dtypes.ts";
import type { AdapterTensor } from "./adapter.ts";

/** Cutting and joining tensors along their first dimension, on bytes: no value is rounded. */

function bytesPerRow({ dtype, shape }: AdapterTensor): number {
  return (shape.slice(1).reduce((product, size) => product * size, 1) * dtypeBits[dtype]) / 8;
}

/** Rows `from` to `to` (exclusive): a view. */
export function sliceRows(tensor: AdapterTensor, from: number, to: number): AdapterTensor {
  const width = bytesPerRow(tensor);
  return {
    dtype: tensor.dtype,
    shape: [to - from, ...tensor.shape.slice(1)],
    data: tensor.data.subarray(from * width, to * width),
  };
}

/** Tensors of one dtype and row shape, one below the other; null when they differ in these. */
export function joinRows(tensors: readonly AdapterTensor[]): AdapterTensor | null {
  const [first] = tensors;
  if (first === undefined) return null;
  const rowShape = JSON.stringify(first.shape.slice(1));
  const fits = tensors.every(
    ({ dtype, shape }) => dtype === first.dtype && JSON.stringify(shape.slice(1)) === rowShape,
  );
  if (!fits) return null;
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = new Uint8Array(Buffer.concat(tensors.map((tensor) => tensor.data)));
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], data };
}

/** As many rows of zeros as asked, in the dtype and row shape of a tensor. */
export function zeroRows(like: AdapterTensor, rows: number): AdapterTensor {
  return { dtype: like.dtype, shape: [rows, ...like.shape.slice(1)], data: new Uint8Array(rows * bytesPerRow(like)) };
}

export function isSameTensor(a: AdapterTensor | undefined, b: AdapterTensor | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.dtype === b.dtype && JSON.stringify(a.shape) === JSON.stringify(b.shape) && Buffer.compare(a.data, b.data) === 0
  );
}
