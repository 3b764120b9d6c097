import { dtypeBits } from "../safetensors/dtypes.ts";
import type { TensorRecord } from "./pickle-values.ts";

/** The elements of its storage that a tensor reaches, end exclusive. */
export function spanOf({ offset, shape, strides }: TensorRecord): { from: number; to: number } {
  if (shape.includes(0)) return { from: offset, to: offset };
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] ?? 0), offset);
  return { from: offset, to: last + 1 };
}

/** The bytes of a tensor in C order, from those of its span: the same bytes when they already are. */
export function gatherStrided({ dtype, shape, strides }: TensorRecord, span: Uint8Array): Uint8Array {
  const width = dtypeBits[dtype] / 8;
  const elements = shape.reduce((product, side) => product * side, 1);
  if (elements * width === span.length && isContiguous(shape, strides)) return span;
  const gathered = new Uint8Array(elements * width);
  const index = shape.map(() => 0);
  let from = 0;
  for (let element = 0; element < elements; element += 1) {
    for (let byte = 0; byte < width; byte += 1) gathered[element * width + byte] = span[from * width + byte] ?? 0;
    // Counts up like an odometer: the last axis first.
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      from -= next * stride;
      index[axis] = 0;
    }
  }
  return gathered;
}

/** Whether the elements follow one another; the stride of an axis of one element says nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const side = shape[axis] ?? 0;
    if (side !== 1 && strides[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}
