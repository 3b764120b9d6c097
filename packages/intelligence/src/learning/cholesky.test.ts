import { expect, test } from "vitest";
import { factorise, solve, solveLower } from "./cholesky.ts";

test("solves equations with a positive definite matrix, and measures by its inverse", () => {
  const matrix = [
    [4, 2, 0.5],
    [2, 5, 1],
    [0.5, 1, 3],
  ];
  const factor = factorise(3, (row, column) => matrix[row]?.[column] ?? Number.NaN);
  const right = [1, -2, 3];
  const x = solve(factor, right);
  const back = matrix.map((row) => row.reduce((sum, value, at) => sum + value * (x[at] ?? 0), 0));
  for (const [at, value] of right.entries()) expect(back[at]).toBeCloseTo(value, 12);
  const squares = solveLower(factor, right).reduce((sum, value) => sum + value ** 2, 0);
  expect(squares).toBeCloseTo(
    right.reduce((sum, value, at) => sum + value * (x[at] ?? 0), 0),
    12,
  );
  expect(
    solve(
      factorise(0, () => 0),
      [],
    ),
  ).toHaveLength(0);
});
