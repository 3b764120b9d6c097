import { fromFloat32, toFloat32 } from "../safetensors/tensor-values.ts";
import { type Adapter, type AdapterTensor, adapterScale } from "./adapter.ts";
import { cannotConvert } from "./cannot-convert.ts";
import { writableDtype } from "./row-parts.ts";

/**
 * Splits alpha / rank into a factor for each matrix, balanced by powers of two so that neither runs out of range: at
 * most the down matrix is rounded, and nothing is where the scale is itself a power of two.
 */
export function scaleFactors(alpha: number, rank: number): { down: number; up: number } {
  let down = alpha / rank;
  let up = 1;
  while (down > 0 && down * 2 < up) {
    down *= 2;
    up /= 2;
  }
  return { down, up };
}

/** The same change with no alpha, for dialects that have none. Throws UserError `cannot-convert` for other kinds. */
export function foldAlpha(adapter: Adapter): Adapter {
  const { alpha: _, ...tensors } = adapter.tensors;
  if (adapterScale(adapter) === 1) return { ...adapter, alpha: null, tensors };
  const { down, up } = tensors;
  if (adapter.kind !== "lora" || down === undefined || up === undefined || adapter.alpha === null) {
    throw cannotConvert(adapter.module, "its scale can only be kept in an alpha");
  }
  const factors = scaleFactors(adapter.alpha, adapter.rank);
  const times = (part: "down" | "up", tensor: AdapterTensor, factor: number): AdapterTensor => {
    if (factor === 1) return tensor;
    const dtype = writableDtype(adapter, part);
    const values = toFloat32(dtype, tensor.data);
    for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
    return { ...tensor, data: fromFloat32(dtype, values) };
  };
  return {
    ...adapter,
    alpha: null,
    tensors: { ...tensors, down: times("down", down, factors.down), up: times("up", up, factors.up) },
  };
}
