import type { AdapterTensor } from "../adapters/adapter.ts";
import { isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";

/** What is asked of a tensor's values, or of a piece of them. */
export interface ValueFacts {
  /** Without NaN and infinity; of integers always. */
  readonly allFinite: boolean;
  readonly allZero: boolean;
}

export function examineValues({ dtype, data }: Pick<AdapterTensor, "dtype" | "data">): ValueFacts {
  if (!isFloatDtype(dtype)) return { allFinite: true, allZero: data.every((byte) => byte === 0) };
  let allFinite = true;
  let allZero = true;
  for (const value of toFloat32(dtype, data)) {
    if (!Number.isFinite(value)) allFinite = false;
    if (value !== 0) allZero = false;
  }
  return { allFinite, allZero };
}
