import { type Matrix, matrix } from "./matrix.ts";

/** The right half of a singular value decomposition, by descending singular value. */
export interface RightSingular {
  readonly values: Float64Array;
  /** One right singular vector per row; a row of zeros where the singular value is 0. */
  readonly vectors: Matrix;
}

const MAX_SWEEPS = 60;

/**
 * Singular values and right singular vectors of a small matrix by one-sided Jacobi (Hestenes): pairs of rows are rotated
 * until all are orthogonal; then their lengths are the singular values. Small values keep their relative precision.
 * Costs O(rows² · columns) per sweep, and about ten sweeps: best with rows ≤ columns.
 */
export function rightSingular(a: Matrix): RightSingular {
  const { rows, columns } = a;
  const work = Float64Array.from(a.values);
  const squares = new Float64Array(rows);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep += 1) {
    // Kept up by the rotations within a sweep, and made anew for each so that no error grows.
    for (let i = 0; i < rows; i += 1) squares[i] = dot(work, i * columns, i * columns, columns);
    let isOrthogonal = true;
    for (let i = 0; i < rows - 1; i += 1) {
      for (let j = i + 1; j < rows; j += 1) if (rotate(work, squares, i, j, columns)) isOrthogonal = false;
    }
    if (isOrthogonal) break;
  }
  return sorted(work, rows, columns);
}

/** Makes rows i and j orthogonal, the longer first; false when they were. */
function rotate(work: Float64Array, squares: Float64Array, i: number, j: number, length: number): boolean {
  const [pi, pj] = [i * length, j * length];
  const [a, b] = [squares[i] as number, squares[j] as number];
  const c = dot(work, pi, pj, length);
  // As orthogonal as a sum of so many rounded products can tell.
  const isOrthogonal = Math.abs(c) <= length * Number.EPSILON * Math.sqrt(a * b);
  if (isOrthogonal && a >= b) return false;
  if (isOrthogonal || c === 0) {
    if (a >= b) return false;
    swap(work, pi, pj, length);
    [squares[i], squares[j]] = [b, a];
    return true;
  }
  // The rotation by which the inner product vanishes; the root of smaller angle, or its complement to sort as we go.
  const zeta = (b - a) / (2 * c);
  const small = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const t = b > a ? -1 / small : small;
  const cosine = 1 / Math.sqrt(1 + t * t);
  const sine = cosine * t;
  for (let k = 0; k < length; k += 1) {
    const x = work[pi + k] as number;
    const y = work[pj + k] as number;
    work[pi + k] = cosine * x - sine * y;
    work[pj + k] = sine * x + cosine * y;
  }
  squares[i] = Math.max(a - t * c, 0);
  squares[j] = Math.max(b + t * c, 0);
  return true;
}

function swap(work: Float64Array, pi: number, pj: number, length: number): void {
  for (let k = 0; k < length; k += 1) {
    const x = work[pi + k] as number;
    work[pi + k] = work[pj + k] as number;
    work[pj + k] = x;
  }
}

function dot(work: Float64Array, pi: number, pj: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += (work[pi + k] as number) * (work[pj + k] as number);
    s1 += (work[pi + k + 1] as number) * (work[pj + k + 1] as number);
    s2 += (work[pi + k + 2] as number) * (work[pj + k + 2] as number);
    s3 += (work[pi + k + 3] as number) * (work[pj + k + 3] as number);
  }
  for (; k < length; k += 1) s0 += (work[pi + k] as number) * (work[pj + k] as number);
  return s0 + s1 + (s2 + s3);
}

function sorted(work: Float64Array, rows: number, columns: number): RightSingular {
  const lengths = Array.from({ length: rows }, (_, i) => Math.sqrt(dot(work, i * columns, i * columns, columns)));
  const order = lengths.map((_, i) => i).sort((i, j) => (lengths[j] as number) - (lengths[i] as number) || i - j);
  // Below this, what is left of a row is rounding error, and its direction means nothing.
  const noise = (lengths[order[0] ?? 0] ?? 0) * Number.EPSILON * Math.max(rows, columns);
  const values = new Float64Array(rows);
  const vectors = matrix(rows, columns);
  order.forEach((from, to) => {
    const value = lengths[from] as number;
    if (value <= noise) return;
    values[to] = value;
    for (let k = 0; k < columns; k += 1)
      vectors.values[to * columns + k] = (work[from * columns + k] as number) / value;
  });
  return { values, vectors };
}
