import { type Matrix, transpose } from "./matrix.ts";

/** a · b. Throws RangeError when the shapes do not meet. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows) throw mismatch(a.columns, b.rows);
  const product = new Float64Array(a.rows * b.columns);
  accumulate(product, { rows: a.rows, depth: a.columns, values: a.values, rowStep: a.columns, depthStep: 1 }, b);
  return { rows: a.rows, columns: b.columns, values: product };
}

/** aᵀ · b, without turning a. */
export function multiplyTransposed(a: Matrix, b: Matrix): Matrix {
  if (a.rows !== b.rows) throw mismatch(a.rows, b.rows);
  const product = new Float64Array(a.columns * b.columns);
  accumulate(product, { rows: a.columns, depth: a.rows, values: a.values, rowStep: 1, depthStep: a.columns }, b);
  return { rows: a.columns, columns: b.columns, values: product };
}

/** a · bᵀ. */
export function multiplyByTransposed(a: Matrix, b: Matrix): Matrix {
  return multiply(a, transpose(b));
}

const mismatch = (left: number, right: number) => new RangeError(`a product over ${left} and ${right} terms`);

/** The left operand as it is read: element (i, p) stands at i · rowStep + p · depthStep. */
interface Left {
  readonly rows: number;
  readonly depth: number;
  readonly values: Float64Array;
  readonly rowStep: number;
  readonly depthStep: number;
}

/** Columns and terms of b that are worked on at a time: 128 KiB of it, which all rows of the left operand then meet. */
const COLUMNS = 256;
const TERMS = 64;

/**
 * sum += left · b. Tiles of b stay in the cache; two rows of the sum take four terms in one pass, so that every element of
 * b that is loaded serves two products and every sum that is loaded and stored takes four.
 */
function accumulate(sum: Float64Array, left: Left, b: Matrix): void {
  const { rows, depth, values, rowStep, depthStep } = left;
  const width = b.columns;
  for (let from = 0; from < width; from += COLUMNS) {
    const to = Math.min(from + COLUMNS, width);
    for (let first = 0; first < depth; first += TERMS) {
      const last = Math.min(first + TERMS, depth);
      let i = 0;
      for (; i + 1 < rows; i += 2) {
        let p = first;
        for (; p + 3 < last; p += 4) {
          const at = i * rowStep + p * depthStep;
          addFourTermsToTwoRows(sum, i * width, b.values, p * width, width, from, to, values, at, rowStep, depthStep);
        }
        for (; p < last; p += 1) {
          const at = i * rowStep + p * depthStep;
          addTerm(sum, i * width, b.values, p * width, from, to, values[at] as number);
          addTerm(sum, (i + 1) * width, b.values, p * width, from, to, values[at + rowStep] as number);
        }
      }
      for (; i < rows; i += 1) {
        for (let p = first; p < last; p += 1) {
          addTerm(sum, i * width, b.values, p * width, from, to, values[i * rowStep + p * depthStep] as number);
        }
      }
    }
  }
}

function addFourTermsToTwoRows(
  sum: Float64Array,
  row: number,
  b: Float64Array,
  term: number,
  width: number,
  from: number,
  to: number,
  left: Float64Array,
  at: number,
  rowStep: number,
  depthStep: number,
): void {
  const a0 = left[at] as number;
  const a1 = left[at + depthStep] as number;
  const a2 = left[at + 2 * depthStep] as number;
  const a3 = left[at + 3 * depthStep] as number;
  const next = at + rowStep;
  const c0 = left[next] as number;
  const c1 = left[next + depthStep] as number;
  const c2 = left[next + 2 * depthStep] as number;
  const c3 = left[next + 3 * depthStep] as number;
  for (let j = from; j < to; j += 1) {
    const b0 = b[term + j] as number;
    const b1 = b[term + width + j] as number;
    const b2 = b[term + 2 * width + j] as number;
    const b3 = b[term + 3 * width + j] as number;
    sum[row + j] = (sum[row + j] as number) + (a0 * b0 + a1 * b1 + (a2 * b2 + a3 * b3));
    sum[row + width + j] = (sum[row + width + j] as number) + (c0 * b0 + c1 * b1 + (c2 * b2 + c3 * b3));
  }
}

function addTerm(
  sum: Float64Array,
  row: number,
  b: Float64Array,
  term: number,
  from: number,
  to: number,
  factor: number,
): void {
  for (let j = from; j < to; j += 1) sum[row + j] = (sum[row + j] as number) + factor * (b[term + j] as number);
}
