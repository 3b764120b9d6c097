import { UserError } from "@loramill/contracts";
import type { Adapter } from "../adapters/adapter.ts";
import { adapterFactors, deltaOf } from "../adapters/adapter-delta.ts";
import { factorInnerProduct, mixedInnerProduct } from "../math/factor-products.ts";
import { type FactorSvd, type Factors, svdOfFactors, svdOfMatrix } from "../math/factor-svd.ts";
import { innerProduct, type Matrix, matrix, scaled, transpose } from "../math/matrix.ts";
import { multiply } from "../math/multiply.ts";

/** What an adapter adds to its module's weight, [out, in × kernel]: as factors (alpha folded into `down`) or as a whole. */
export type Change = { readonly factors: Factors } | { readonly whole: Matrix };

/** Throws UserError `dora-needs-base` for DoRA and `no-weight-change` for an adapter that only changes biases or norms. */
export function changeOf(adapter: Adapter): Change {
  const factors = adapterFactors(adapter);
  if (factors !== null) {
    const { up, down, out, inputs, rank, scale } = factors;
    return { factors: { up: matrix(out, rank, up), down: scaled(matrix(rank, inputs, down), scale) } };
  }
  const delta = deltaOf(adapter);
  if (delta === null) {
    throw new UserError(`${adapter.module} changes no weight`, {
      code: "no-weight-change",
      details: { module: adapter.module },
    });
  }
  return { whole: matrix(delta.rows, delta.columns, delta.values) };
}

export function shapeOf(change: Change): readonly [rows: number, columns: number] {
  return "whole" in change
    ? [change.whole.rows, change.whole.columns]
    : [change.factors.up.rows, change.factors.down.columns];
}

export function wholeOf(change: Change): Matrix {
  return "whole" in change ? change.whole : multiply(change.factors.up, change.factors.down);
}

export function timesOf(change: Change, factor: number): Change {
  if ("whole" in change) return { whole: scaled(change.whole, factor) };
  return { factors: { up: change.factors.up, down: scaled(change.factors.down, factor) } };
}

/** Exact sum: by joined ranks when all are factored, else of the whole matrices. */
export function sumOf(changes: readonly Change[]): Change {
  const factored = changes.flatMap((change) => ("factors" in change ? [change.factors] : []));
  if (factored.length === changes.length) return { factors: joinRanks(factored) };
  const [first, ...rest] = changes.map(wholeOf);
  if (first === undefined) throw new RangeError("a sum of nothing has no shape");
  const sum = Float64Array.from(first.values);
  for (const { values } of rest)
    for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (values[i] as number);
  return { whole: { ...first, values: sum } };
}

function joinRanks(parts: readonly Factors[]): Factors {
  const stack = (pieces: readonly Matrix[]): Matrix => {
    const columns = pieces[0]?.columns ?? 0;
    const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
    const joined = matrix(rows, columns);
    let at = 0;
    for (const { values } of pieces) {
      joined.values.set(values, at);
      at += values.length;
    }
    return joined;
  };
  return { up: transpose(stack(parts.map(({ up }) => transpose(up)))), down: stack(parts.map(({ down }) => down)) };
}

/** ⟨a, b⟩ over all elements, without forming a product whose factors are known. */
export function changeInnerProduct(a: Change, b: Change): number {
  if ("whole" in a) return "whole" in b ? innerProduct(a.whole, b.whole) : mixedInnerProduct(b.factors, a.whole);
  return "whole" in b ? mixedInnerProduct(a.factors, b.whole) : factorInnerProduct(a.factors, b.factors);
}

/** SVD of the change; of at least its `rank` largest singular values when it is not given as factors. */
export function svdOfChange(change: Change, rank: number, seed: string): FactorSvd {
  return "whole" in change ? svdOfMatrix(change.whole, rank, seed) : svdOfFactors(change.factors);
}
