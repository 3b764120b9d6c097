import { UserError } from "@loramill/contracts";
import { type Adapter, adapterScale } from "./adapter.ts";
import { badAdapter, contractCore, type Matrix, matrixOf, multiply, transpose } from "./adapter-values.ts";

/** The change of a weight as a product: scale · up · down, with the weight's inputs and kernel flattened to columns. */
export interface LowRankFactors {
  /** [out, rank], row-major. */
  readonly up: Float32Array;
  /** [rank, inputs], row-major. */
  readonly down: Float32Array;
  readonly out: number;
  readonly inputs: number;
  readonly rank: number;
  /** alpha / rank. */
  readonly scale: number;
}

/**
 * The two factors of a `lora` (a Tucker core is folded into `down`); null for other kinds. Throws UserError
 * `dora-needs-base` for DoRA, whose change is not low-rank, and `bad-adapter` for tensors that do not fit.
 */
export function adapterFactors(adapter: Adapter): LowRankFactors | null {
  refuseDora(adapter);
  return adapter.kind === "lora" ? factorsOf(adapter) : null;
}

/**
 * The dense change of the module's weight, alpha included: row-major [out, inputs], where inputs are the weight's input
 * channels and kernel flattened. Null when the adapter changes only biases or norms, or replaces the weight.
 */
export function adapterDelta(adapter: Adapter): Float32Array | null {
  refuseDora(adapter);
  return deltaOf(adapter)?.values ?? null;
}

function refuseDora({ tensors, module }: Adapter): void {
  if (tensors.dora_scale === undefined) return;
  throw new UserError(`${module} is DoRA: its change depends on the base weight, which must be given`, {
    code: "dora-needs-base",
    details: { module },
  });
}

/** The change without DoRA's magnitude; see `applyDora`. */
export function deltaOf(adapter: Adapter): Matrix | null {
  switch (adapter.kind) {
    case "lora": {
      const { up, down, out, inputs, rank, scale } = factorsOf(adapter);
      const product = multiply(
        adapter.module,
        { rows: out, columns: rank, values: up },
        { rows: rank, columns: inputs, values: down },
      );
      return scaled(product, scale);
    }
    case "loha": {
      const one = hadamardFactor(adapter, 1);
      const two = hadamardFactor(adapter, 2);
      if (one.rows !== two.rows || one.columns !== two.columns) {
        throw badAdapter(adapter.module, "its two products have different shapes");
      }
      const product = { ...one, values: one.values.map((value, i) => value * (two.values[i] ?? 0)) };
      return scaled(product, adapterScale(adapter));
    }
    case "lokr":
      // With both factors whole there is no rank, and whatever alpha the file holds is not meant.
      return scaled(kronecker(kroneckerFactor(adapter, 1), kroneckerFactor(adapter, 2)), adapterScale(adapter));
    case "full":
      return adapter.tensors.diff === undefined ? null : matrixOf(adapter, "diff");
  }
}

function factorsOf(adapter: Adapter): LowRankFactors {
  const up = matrixOf(adapter, "up");
  const plain = matrixOf(adapter, "down");
  const down = adapter.tensors.mid === undefined ? plain : contractCore(adapter, "mid", plain);
  if (up.columns !== down.rows)
    throw badAdapter(adapter.module, `its up has rank ${up.columns}, its down ${down.rows}`);
  return {
    up: up.values,
    down: down.values,
    out: up.rows,
    inputs: down.columns,
    rank: down.rows,
    scale: adapterScale(adapter),
  };
}

/** w_a · w_b, or with a Tucker core: w_a [r, out], core [r, r, …kernel], w_b [r, in]. */
function hadamardFactor(adapter: Adapter, which: 1 | 2): Matrix {
  const a = matrixOf(adapter, `hada_w${which}_a`);
  const b = matrixOf(adapter, `hada_w${which}_b`);
  const core = `hada_t${which}` as const;
  if (adapter.tensors[core] === undefined) return multiply(adapter.module, a, b);
  return multiply(adapter.module, transpose(a), contractCore(adapter, core, b));
}

function kroneckerFactor(adapter: Adapter, which: 1 | 2): Matrix {
  if (adapter.tensors[`lokr_w${which}`] !== undefined) return matrixOf(adapter, `lokr_w${which}`);
  const a = matrixOf(adapter, `lokr_w${which}_a`);
  const b = matrixOf(adapter, `lokr_w${which}_b`);
  if (which === 1 || adapter.tensors.lokr_t2 === undefined) return multiply(adapter.module, a, b);
  return multiply(adapter.module, transpose(a), contractCore(adapter, "lokr_t2", b));
}

/** Block (i, j) of the result is a[i, j] · b. A kernel in b's columns stays innermost. */
function kronecker(a: Matrix, b: Matrix): Matrix {
  const columns = a.columns * b.columns;
  const values = new Float32Array(a.rows * b.rows * columns);
  for (let i = 0; i < a.rows * b.rows; i += 1) {
    const aRow = Math.floor(i / b.rows) * a.columns;
    const bRow = (i % b.rows) * b.columns;
    for (let j = 0; j < columns; j += 1) {
      const factor = a.values[aRow + Math.floor(j / b.columns)] ?? 0;
      values[i * columns + j] = factor * (b.values[bRow + (j % b.columns)] ?? 0);
    }
  }
  return { rows: a.rows * b.rows, columns, values };
}

function scaled(matrix: Matrix, scale: number): Matrix {
  return scale === 1 ? matrix : { ...matrix, values: matrix.values.map((value) => value * scale) };
}
