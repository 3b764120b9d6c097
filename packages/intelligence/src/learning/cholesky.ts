/** The lower triangle L of a symmetric positive definite matrix A = L·Lᵀ, row by row. */
export type Factor = readonly Float64Array[];

/** Factors the matrix whose entries on and below the diagonal are `at(row, column)`; about size³ / 6 operations. */
export function factorise(size: number, at: (row: number, column: number) => number): Factor {
  const rows: Float64Array[] = [];
  for (let i = 0; i < size; i += 1) {
    const row = new Float64Array(i + 1);
    rows.push(row);
    for (let j = 0; j <= i; j += 1) {
      const other = rows[j] ?? row;
      let left = at(i, j);
      for (let k = 0; k < j; k += 1) left -= (row[k] ?? 0) * (other[k] ?? 0);
      row[j] = i === j ? Math.sqrt(left) : left / (other[j] ?? 1);
    }
  }
  return rows;
}

/** x of L·x = right; the sum of its squares is rightᵀ·A⁻¹·right. */
export function solveLower(rows: Factor, right: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(right);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] ?? x;
    let left = x[i] ?? 0;
    for (let k = 0; k < i; k += 1) left -= (row[k] ?? 0) * (x[k] ?? 0);
    x[i] = left / (row[i] ?? 1);
  }
  return x;
}

/** x of A·x = right. */
export function solve(rows: Factor, right: ArrayLike<number>): Float64Array {
  const x = solveLower(rows, right);
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const row = rows[i] ?? x;
    const value = (x[i] ?? 0) / (row[i] ?? 1);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = (x[k] ?? 0) - (row[k] ?? 0) * value;
  }
  return x;
}
