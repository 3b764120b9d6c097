import { type Matrix, matrix } from "./matrix.ts";

/** vectorsᵀ = Q · R: R small, Q kept as the reflections it is made of. */
export interface OrthogonalBasis {
  /** [p, vectors], upper triangular, p = min(vectors, length). */
  readonly r: Matrix;
  /** Rows of coefficients [k, p] in the basis to rows of whole vectors [k, length]: (Q · coefficientsᵀ)ᵀ. */
  expand(coefficients: Matrix): Matrix;
}

/**
 * QR by Householder reflections of the matrix whose columns are the given rows (each a vector, contiguous in memory).
 * Q is orthogonal to the last bit or two whatever the vectors are: dependent, zero, or fewer dimensions than vectors.
 */
export function orthogonalise(vectors: Matrix): OrthogonalBasis {
  const { rows: count, columns: length } = vectors;
  const size = Math.min(count, length);
  const work = Float64Array.from(vectors.values);
  /** Twice the inverse square of each reflection's vector; 0 where nothing has to be reflected. */
  const taus = new Float64Array(size);
  const diagonal = new Float64Array(size);
  for (let k = 0; k < size; k += 1) {
    const at = k * length;
    let square = 0;
    for (let i = k; i < length; i += 1) square += (work[at + i] as number) ** 2;
    const norm = Math.sqrt(square);
    const head = work[at + k] as number;
    if (norm === 0) continue;
    // Away from the head's sign: the sum never cancels.
    const turned = head > 0 ? -norm : norm;
    diagonal[k] = turned;
    work[at + k] = head - turned;
    taus[k] = 1 / (norm * (norm + Math.abs(head)));
    reflect(work, at, length, k, taus[k] as number, k + 1, count);
  }
  return {
    r: triangle(work, diagonal, count, length),
    expand: (coefficients) => expand(work, taus, length, coefficients),
  };
}

/** Reflects the vectors `from` to `to` of `work` by the one at `at`, from element `start` on; four vectors in one pass. */
function reflect(
  work: Float64Array,
  at: number,
  length: number,
  start: number,
  tau: number,
  from: number,
  to: number,
  targets: Float64Array = work,
): void {
  let j = from;
  for (; j + 3 < to; j += 4) {
    const [t0, t1, t2, t3] = [j * length, (j + 1) * length, (j + 2) * length, (j + 3) * length];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = start; i < length; i += 1) {
      const v = work[at + i] as number;
      s0 += v * (targets[t0 + i] as number);
      s1 += v * (targets[t1 + i] as number);
      s2 += v * (targets[t2 + i] as number);
      s3 += v * (targets[t3 + i] as number);
    }
    s0 *= tau;
    s1 *= tau;
    s2 *= tau;
    s3 *= tau;
    for (let i = start; i < length; i += 1) {
      const v = work[at + i] as number;
      targets[t0 + i] = (targets[t0 + i] as number) - s0 * v;
      targets[t1 + i] = (targets[t1 + i] as number) - s1 * v;
      targets[t2 + i] = (targets[t2 + i] as number) - s2 * v;
      targets[t3 + i] = (targets[t3 + i] as number) - s3 * v;
    }
  }
  for (; j < to; j += 1) {
    const t = j * length;
    let sum = 0;
    for (let i = start; i < length; i += 1) sum += (work[at + i] as number) * (targets[t + i] as number);
    sum *= tau;
    for (let i = start; i < length; i += 1)
      targets[t + i] = (targets[t + i] as number) - sum * (work[at + i] as number);
  }
}

function triangle(work: Float64Array, diagonal: Float64Array, count: number, length: number): Matrix {
  const r = matrix(diagonal.length, count);
  for (let k = 0; k < diagonal.length; k += 1) {
    r.values[k * count + k] = diagonal[k] as number;
    for (let j = k + 1; j < count; j += 1) r.values[k * count + j] = work[j * length + k] as number;
  }
  return r;
}

function expand(work: Float64Array, taus: Float64Array, length: number, coefficients: Matrix): Matrix {
  if (coefficients.columns !== taus.length) {
    throw new RangeError(`${coefficients.columns} coefficients for a basis of ${taus.length}`);
  }
  const { rows } = coefficients;
  const vectors = matrix(rows, length);
  for (let row = 0; row < rows; row += 1) {
    vectors.values.set(coefficients.values.subarray(row * taus.length, (row + 1) * taus.length), row * length);
  }
  for (let k = taus.length - 1; k >= 0; k -= 1) {
    const tau = taus[k] as number;
    if (tau !== 0) reflect(work, k * length, length, k, tau, 0, rows, vectors.values);
  }
  return vectors;
}
