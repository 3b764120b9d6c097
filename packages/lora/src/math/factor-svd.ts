import { orthogonalise } from "./householder.ts";
import { rightSingular } from "./jacobi.ts";
import { type Matrix, matrix, sliceRows, transpose } from "./matrix.ts";
import { multiply, multiplyByTransposed } from "./multiply.ts";
import { randomNormals } from "./random.ts";

/** up [out, rank] · down [rank, in]. */
export interface Factors {
  readonly up: Matrix;
  readonly down: Matrix;
}

/** Where the singular values go: into `up` whole, or their roots into both, which suits 16-bit floats better. */
export type Split = "up" | "even";

export interface FactorSvd {
  /** Descending, of a matrix [out, in]: as many as the decomposition found, the ones beyond are 0 or below its reach. */
  readonly singularValues: Float64Array;
  /** Sum of the squares of all elements: what all singular values together hold. */
  readonly energy: number;
  /** The best factors of at most `rank`; zeros fill what the matrix has not. */
  truncate(rank: number, split: Split): Factors;
}

/**
 * SVD of up · down without forming the product (QR of both, then the SVD of a core as small as the rank):
 * O((out + in) · rank² + rank³) instead of O(out · in · min(out, in)).
 */
export function svdOfFactors({ up, down }: Factors): FactorSvd {
  const left = orthogonalise(transpose(up));
  const right = orthogonalise(down);
  const core = multiplyByTransposed(left.r, right.r);
  // Jacobi turns the rows: it wants no more of them than columns.
  const isTall = core.rows > core.columns;
  const { values, vectors } = rightSingular(isTall ? transpose(core) : core);
  return {
    singularValues: values,
    energy: values.reduce((sum, value) => sum + value * value, 0),
    truncate(rank, split) {
      const kept = Math.min(rank, values.length);
      const top = sliceRows(vectors, 0, kept);
      // The other side's vectors times their singular values are the core applied to this side's: no division by small values.
      const other = isTall ? multiply(top, core) : multiplyByTransposed(top, core);
      const weights = (power: number) => values.subarray(0, kept).map((value) => (value > 0 ? value ** power : 0));
      const [upPower, downPower] = split === "up" ? [1, 0] : [0.5, 0.5];
      const ups = left.expand(isTall ? scaleRows(top, weights(upPower)) : scaleRows(other, weights(upPower - 1)));
      const downs = right.expand(
        isTall ? scaleRows(other, weights(downPower - 1)) : scaleRows(top, weights(downPower)),
      );
      return { up: transpose(padRows(ups, rank)), down: padRows(downs, rank) };
    },
  };
}

/** Vectors drawn beyond the rank that is wanted, and passes over the matrix that sharpen them (Halko et al. 2011). */
const OVERSAMPLING = 8;
const POWER_ITERATIONS = 2;

/**
 * SVD of a whole matrix, of its `rank` largest singular values: exact where the matrix is hardly larger than that, else by
 * a randomised range finder that draws the same for the same `seed`.
 */
export function svdOfMatrix(a: Matrix, rank: number, seed: string): FactorSvd {
  const size = Math.min(a.rows, a.columns);
  const drawn = rank + OVERSAMPLING;
  if (drawn * 4 >= size * 3) return exactSvd(a);
  let range = matrix(a.columns, drawn, randomNormals(seed, a.columns * drawn));
  const turned = transpose(a);
  for (let pass = 0; pass < POWER_ITERATIONS; pass += 1) {
    range = orthonormalColumns(multiply(turned, orthonormalColumns(multiply(a, range))));
  }
  const basis = orthonormalColumns(multiply(a, range));
  const found = svdOfFactors({ up: basis, down: multiply(transpose(basis), a) });
  return { ...found, energy: a.values.reduce((sum, value) => sum + value * value, 0) };
}

function exactSvd(a: Matrix): FactorSvd {
  const isTall = a.rows > a.columns;
  return svdOfFactors(isTall ? { up: a, down: identity(a.columns) } : { up: identity(a.rows), down: a });
}

function identity(size: number): Matrix {
  const one = matrix(size, size);
  for (let i = 0; i < size; i += 1) one.values[i * size + i] = 1;
  return one;
}

function orthonormalColumns(a: Matrix): Matrix {
  const basis = orthogonalise(transpose(a));
  return transpose(basis.expand(identity(basis.r.rows)));
}

function scaleRows({ rows, columns, values }: Matrix, factors: Float64Array): Matrix {
  const result = Float64Array.from(values);
  for (let i = 0; i < rows; i += 1) {
    const factor = factors[i] as number;
    for (let k = i * columns; k < (i + 1) * columns; k += 1) result[k] = (result[k] as number) * factor;
  }
  return { rows, columns, values: result };
}

function padRows(a: Matrix, rows: number): Matrix {
  if (a.rows === rows) return a;
  const padded = matrix(rows, a.columns);
  padded.values.set(a.values);
  return padded;
}
