import { UserError } from "@loramill/contracts";
import type { Adapter, AdapterTensor } from "../adapters/adapter.ts";
import { applyDora } from "../adapters/apply-dora.ts";
import { type Change, changeOf, shapeOf } from "../changes/change.ts";
import { sliceRows } from "../math/matrix.ts";
import { multiply } from "../math/multiply.ts";
import { fromFloat32, isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";

export interface WeightPatch {
  /** The checkpoint's weight. */
  readonly weight: AdapterTensor;
  /** One after the other: DoRA depends on what came before. */
  readonly changes: readonly { readonly adapter: Adapter; readonly strength: number }[];
  /** What the stored values are multiplied by to be the weight (scaled 8-bit checkpoints). */
  readonly weightScale?: number;
}

/**
 * The weight with LoRAs in it: W + strength · scale · up · down in 32 bits, then rounded to nearest even to the dtype it
 * was stored in. Throws UserError `shape-mismatch` when an adapter is for a weight of another size.
 */
export function patchWeight({ weight, changes, weightScale = 1 }: WeightPatch): Uint8Array {
  const { dtype, data } = weight;
  if (!isFloatDtype(dtype)) {
    throw new UserError(`a weight of ${dtype} cannot take a LoRA`, { code: "bad-checkpoint", details: { dtype } });
  }
  let values = toFloat32(dtype, data);
  if (weightScale !== 1) values = values.map((value) => value * weightScale);
  for (const { adapter, strength } of changes) values = addChange(values, adapter, strength);
  if (weightScale !== 1) values = values.map((value) => value / weightScale);
  return fromFloat32(dtype, values);
}

function addChange(values: Float32Array, adapter: Adapter, strength: number): Float32Array {
  if (adapter.tensors.dora_scale !== undefined) return applyDora(values, adapter, strength);
  const change = changeOf(adapter);
  const [rows, columns] = shapeOf(change);
  if (rows * columns !== values.length) throw misfit(adapter.module, rows * columns, values.length);
  for (let top = 0; top < rows; top += ROWS) {
    const piece = rowsOf(change, top, Math.min(top + ROWS, rows));
    const start = top * columns;
    for (let i = 0; i < piece.length; i += 1) {
      values[start + i] = (values[start + i] as number) + strength * (piece[i] as number);
    }
  }
  return values;
}

/** Rows of a change that are formed at a time. */
const ROWS = 256;

function rowsOf(change: Change, from: number, to: number): Float64Array {
  if ("whole" in change) return sliceRows(change.whole, from, to).values;
  return multiply(sliceRows(change.factors.up, from, to), change.factors.down).values;
}

function misfit(module: string, changed: number, stored: number): UserError {
  return new UserError(
    `${module} changes ${changed} values and the checkpoint's weight has ${stored}: the LoRA is for another base model`,
    { code: "shape-mismatch", details: { module } },
  );
}
