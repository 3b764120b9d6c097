import type { Adapter } from "../adapters/adapter.ts";
import { changeOf, svdOfChange } from "../changes/change.ts";
import { loraAdapter } from "../changes/factor-tensors.ts";
import type { FloatDtype } from "../safetensors/tensor-values.ts";

export interface ModuleSpectrum {
  readonly adapter: Adapter;
}

/**
 * Singular values of up · down, alpha not included, as many as the shorter side of the weight has: beyond the rank they
 * are zeros, which rules for ranks count. Throws UserError `not-low-rank` for kinds without factors.
 */
export function spectrumOf({ adapter }: ModuleSpectrum): Float64Array {
  const change = changeOf({ ...adapter, alpha: null });
  const size =
    "whole" in change ? change.whole : { rows: change.factors.up.rows, columns: change.factors.down.columns };
  const { singularValues } = svdOfChange(change, Math.min(size.rows, size.columns), "");
  const values = new Float64Array(Math.min(size.rows, size.columns));
  values.set(singularValues.subarray(0, values.length));
  return values;
}

export interface ModuleResize {
  readonly adapter: Adapter;
  readonly shape: readonly number[];
  readonly rank: number;
  readonly alpha: number;
  readonly dtype: FloatDtype;
}

/** The best factors of a rank for up · down; the singular values go into up, as kohya's tool puts them. */
export function resizeModule({ adapter, shape, rank, alpha, dtype }: ModuleResize): Adapter {
  const svd = svdOfChange(changeOf({ ...adapter, alpha: null }), rank, adapter.module);
  return loraAdapter(adapter, svd.truncate(rank, "up"), { shape, alpha, dtype });
}
