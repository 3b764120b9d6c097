import type { AdapterTensor } from "../adapters/adapter.ts";
import { isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";

/** What is asked of a tensor's values, or of a piece of them. */
export interface ValueFacts {
  /** Without NaN and infinity; of integers always. */
  readonly isFinite: boolean;
  readonly isZero: boolean;
}

export function examineValues({ dtype, data }: Pick<AdapterTensor, "dtype" | "data">): ValueFacts {
  if (!isFloatDtype(dtype)) return { isFinite: true, isZero: data.every((byte) => byte === 0) };
  let isFinite = true;
  let isZero = true;
  for (const value of toFloat32(dtype, data)) {
    if (!Number.isFinite(value)) isFinite = false;
    if (value !== 0) isZero = false;
  }
  return { isFinite, isZero };
}
