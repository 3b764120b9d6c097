import { UserError } from "@loramill/contracts";
import { isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";
import type { Adapter, AdapterPart } from "./adapter.ts";

/** A row-major matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** UserError `bad-adapter`: the tensors of one module do not make an adapter. */
export function badAdapter(module: string, message: string): UserError {
  return new UserError(`the adapter of ${module} is broken: ${message}`, { code: "bad-adapter", details: { module } });
}

/** One part as a matrix: its first dimension by all others. Throws UserError `bad-adapter` when it is not there. */
export function matrixOf(adapter: Adapter, part: AdapterPart): Matrix {
  const tensor = adapter.tensors[part];
  if (tensor === undefined) throw badAdapter(adapter.module, `it has no ${part}`);
  if (!isFloatDtype(tensor.dtype))
    throw badAdapter(adapter.module, `its ${part} is ${tensor.dtype}, not a float dtype`);
  const values = toFloat32(tensor.dtype, tensor.data);
  const rows = tensor.shape[0] ?? 1;
  return { rows, columns: rows === 0 ? 0 : values.length / rows, values };
}

/**
 * Both matrices of a `lora` are there and of one rank. Throws UserError `bad-adapter`; to be asked before tensors are cut
 * or scaled by shapes that were read from a file.
 */
export function checkFactors({ kind, module, tensors: { up, down, mid } }: Adapter): void {
  if (kind !== "lora") return;
  if (up === undefined || down === undefined) throw badAdapter(module, `it has no ${up === undefined ? "up" : "down"}`);
  if (mid === undefined && up.shape[1] !== down.shape[0]) {
    throw badAdapter(module, `its up has rank ${up.shape[1]}, its down ${down.shape[0]}`);
  }
}

/** a · b, summed in double precision. Throws UserError `bad-adapter` when the inner dimensions differ. */
export function multiply(module: string, a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows) {
    throw badAdapter(module, `[${a.rows}, ${a.columns}] cannot be multiplied by [${b.rows}, ${b.columns}]`);
  }
  const values = new Float32Array(a.rows * b.columns);
  const row = new Float64Array(b.columns);
  for (let i = 0; i < a.rows; i += 1) {
    row.fill(0);
    for (let k = 0; k < a.columns; k += 1) {
      const factor = a.values[i * a.columns + k] ?? 0;
      const start = k * b.columns;
      for (let j = 0; j < b.columns; j += 1) row[j] = (row[j] ?? 0) + factor * (b.values[start + j] ?? 0);
    }
    values.set(row, i * b.columns);
  }
  return { rows: a.rows, columns: b.columns, values };
}

export function transpose({ rows, columns, values }: Matrix): Matrix {
  const turned = new Float32Array(values.length);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) turned[j * rows + i] = values[i * columns + j] ?? 0;
  }
  return { rows: columns, columns: rows, values: turned };
}

/**
 * The core of a Tucker form applied to its input side: core [m, n, …kernel] and input [n, i] to [m, i, …kernel], as a
 * matrix of m rows. With an output matrix [o, m] the whole is then one product.
 */
export function contractCore(adapter: Adapter, corePart: AdapterPart, input: Matrix): Matrix {
  const core = matrixOf(adapter, corePart);
  const [m = 0, n = 0, ...kernel] = adapter.tensors[corePart]?.shape ?? [];
  if (n !== input.rows)
    throw badAdapter(adapter.module, `its ${corePart} is for rank ${n}, its matrix has ${input.rows}`);
  const area = kernel.reduce((product, side) => product * side, 1);
  const columns = input.columns * area;
  const values = new Float32Array(m * columns);
  for (let row = 0; row < m; row += 1) {
    // One row of the core is [n, area]; transposed input [i, n] times it is [i, area].
    const slice = core.values.subarray(row * n * area, (row + 1) * n * area);
    const product = multiply(adapter.module, transpose(input), { rows: n, columns: area, values: slice });
    values.set(product.values, row * columns);
  }
  return { rows: m, columns, values };
}
