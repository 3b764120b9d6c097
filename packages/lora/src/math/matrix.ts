/** A dense matrix in 64-bit floats, row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** Throws RangeError when the values do not fill the shape. */
export function matrix(rows: number, columns: number, values: ArrayLike<number> = new Float64Array(rows * columns)) {
  if (values.length !== rows * columns) {
    throw new RangeError(`${values.length} values do not fill ${rows} rows of ${columns}`);
  }
  return { rows, columns, values: values instanceof Float64Array ? values : Float64Array.from(values) };
}

export function fromRows(rows: readonly (readonly number[])[]): Matrix {
  return matrix(rows.length, rows[0]?.length ?? 0, rows.flat());
}

/** Side of the squares that are transposed at a time, so that both of them stay in the nearest cache. */
const TILE = 32;

export function transpose({ rows, columns, values }: Matrix): Matrix {
  const turned = new Float64Array(values.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let i = top; i < bottom; i += 1) {
        for (let j = left; j < right; j += 1) turned[j * rows + i] = values[i * columns + j] as number;
      }
    }
  }
  return { rows: columns, columns: rows, values: turned };
}

/** The rows from `begin` to `end` (exclusive): a view, not a copy. */
export function sliceRows({ columns, values }: Matrix, begin: number, end: number): Matrix {
  return { rows: end - begin, columns, values: values.subarray(begin * columns, end * columns) };
}

export function scaled({ rows, columns, values }: Matrix, factor: number): Matrix {
  return { rows, columns, values: values.map((value) => value * factor) };
}

/** Sum of the products of the elements: the inner product of two matrices of one shape. */
export function innerProduct(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.columns !== b.columns) throw new RangeError("an inner product needs equal shapes");
  const [x, y] = [a.values, b.values];
  // Four sums side by side: one would wait for itself at every addition.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = x.length - (x.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += (x[i] as number) * (y[i] as number);
    s1 += (x[i + 1] as number) * (y[i + 1] as number);
    s2 += (x[i + 2] as number) * (y[i + 2] as number);
    s3 += (x[i + 3] as number) * (y[i + 3] as number);
  }
  for (let i = whole; i < x.length; i += 1) s0 += (x[i] as number) * (y[i] as number);
  return s0 + s1 + (s2 + s3);
}

/** Root of the sum of squares. */
export function frobeniusNorm(a: Matrix): number {
  return Math.sqrt(innerProduct(a, a));
}
