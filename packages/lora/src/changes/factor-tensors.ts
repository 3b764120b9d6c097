import type { Adapter, AdapterOutline, TensorOutline } from "../adapters/adapter.ts";
import type { Factors } from "../math/factor-svd.ts";
import type { Matrix } from "../math/matrix.ts";
import { type FloatDtype, fromFloat32 } from "../safetensors/tensor-values.ts";

/** Shapes of the two factors of a weight [out, in, …kernel], as LoRA files store them. */
export function factorOutlines(
  shape: readonly number[],
  rank: number,
  dtype: FloatDtype,
): { readonly up: TensorOutline; readonly down: TensorOutline } {
  const [out = 1, ...inputs] = shape;
  // A convolution's up is a convolution of size 1.
  const ones = inputs.slice(1).map(() => 1);
  return { up: { dtype, shape: [out, rank, ...ones] }, down: { dtype, shape: [rank, ...inputs] } };
}

/** An adapter of kind `lora` from factors; `shape` is the weight's, `alpha` what its readers divide by the rank. */
export function loraAdapter(
  { module }: Pick<AdapterOutline, "module">,
  { up, down }: Factors,
  options: { readonly shape: readonly number[]; readonly alpha: number; readonly dtype: FloatDtype },
): Adapter {
  const { shape, alpha, dtype } = options;
  const rank = down.rows;
  const outlines = factorOutlines(shape, rank, dtype);
  return {
    module,
    kind: "lora",
    rank,
    alpha,
    tensors: {
      up: { ...outlines.up, data: encode(up, dtype) },
      down: { ...outlines.down, data: encode(down, dtype) },
    },
  };
}

function encode({ values }: Matrix, dtype: FloatDtype): Uint8Array {
  return fromFloat32(dtype, Float32Array.from(values));
}
