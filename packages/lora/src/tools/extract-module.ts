import { UserError } from "@loramill/contracts";
import type { Adapter, AdapterTensor } from "../adapters/adapter.ts";
import { loraAdapter } from "../changes/factor-tensors.ts";
import { inputsOf } from "../changes/weight-shape.ts";
import { svdOfMatrix } from "../math/factor-svd.ts";
import { matrix } from "../math/matrix.ts";
import { clampFactors } from "../merge/clamp-factors.ts";
import { type FloatDtype, isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";

export interface ModuleExtract {
  readonly module: string;
  readonly original: AdapterTensor;
  readonly tuned: AdapterTensor;
  readonly rank: number;
  readonly dtype: FloatDtype;
  /** Cuts both factors at ± this quantile of their elements, as kohya's tool does by 0.99; lossy. */
  readonly clampQuantile?: number;
}

/** The best LoRA of a rank for tuned − original, with alpha = rank. */
export function extractModule(request: ModuleExtract): Adapter {
  const { module, original, tuned, rank, dtype, clampQuantile } = request;
  const [from, to] = [valuesOf(module, original), valuesOf(module, tuned)];
  if (from.length !== to.length) throw unequal(module);
  const difference = new Float64Array(from.length);
  for (let i = 0; i < from.length; i += 1) difference[i] = (to[i] as number) - (from[i] as number);
  const { shape } = original;
  const svd = svdOfMatrix(matrix(shape[0] ?? 1, inputsOf(shape), difference), rank, module);
  const factors = svd.truncate(rank, "up");
  const clamped = clampQuantile === undefined ? factors : clampFactors(factors, clampQuantile);
  return loraAdapter({ module }, clamped, { shape, alpha: rank, dtype });
}

function valuesOf(module: string, { dtype, data }: AdapterTensor): Float32Array {
  if (isFloatDtype(dtype)) return toFloat32(dtype, data);
  throw new UserError(`${module} is ${dtype}, not a float dtype`, { code: "bad-checkpoint", details: { module } });
}

function unequal(module: string): UserError {
  return new UserError(`${module} has another size in the tuned model: they are not of one family`, {
    code: "shape-mismatch",
    details: { module },
  });
}
