import type { Adapter } from "../../src/adapters/adapter.ts";
import { randomNormals } from "../../src/math/random.ts";
import { type FloatDtype, fromFloat32 } from "../../src/safetensors/tensor-values.ts";

export interface RandomLora {
  readonly out?: number;
  readonly inputs?: number;
  readonly kernel?: readonly number[];
  readonly rank?: number;
  readonly alpha?: number | null;
  readonly dtype?: FloatDtype;
  readonly seed?: string;
}

/** An adapter of normally distributed factors, the same for the same options. */
export function randomAdapter(module: string, options: RandomLora = {}): Adapter {
  const { out = 12, inputs = 9, kernel = [], rank = 3, alpha = 2, dtype = "F32", seed = "" } = options;
  const tensor = (shape: number[], what: string) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = randomNormals(`${seed}/${module}/${what}`, count);
    return { dtype, shape, data: fromFloat32(dtype, Float32Array.from(values)) };
  };
  const down = tensor([rank, inputs, ...kernel], "down");
  const up = tensor([out, rank, ...kernel.map(() => 1)], "up");
  return { module, kind: "lora", rank, alpha, tensors: { down, up } };
}
