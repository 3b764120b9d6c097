import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { svdOfFactors, svdOfMatrix } from "./factor-svd.ts";
import { orthogonalise } from "./householder.ts";
import { rightSingular } from "./jacobi.ts";
import { frobeniusNorm, fromRows, innerProduct, type Matrix, matrix, transpose } from "./matrix.ts";
import { multiply, multiplyByTransposed, multiplyTransposed } from "./multiply.ts";
import { randomNormals, uniformAt } from "./random.ts";

const random = (rows: number, columns: number, seed: string) =>
  matrix(rows, columns, randomNormals(seed, rows * columns));

/** The definition of a product, an element at a time. */
function plainProduct(a: Matrix, b: Matrix): Matrix {
  const product = matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i += 1) {
    for (let j = 0; j < b.columns; j += 1) {
      let sum = 0;
      for (let p = 0; p < a.columns; p += 1)
        sum += (a.values[i * a.columns + p] ?? 0) * (b.values[p * b.columns + j] ?? 0);
      product.values[i * b.columns + j] = sum;
    }
  }
  return product;
}

function distance(a: Matrix, b: Matrix): number {
  expect([a.rows, a.columns]).toEqual([b.rows, b.columns]);
  return frobeniusNorm({ ...a, values: a.values.map((value, i) => value - (b.values[i] ?? 0)) });
}

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 90 }),
  fc.integer({ min: 1, max: 300 }),
);

describe("products", () => {
  it("are what their definition says, for any shapes", () => {
    fc.assert(
      fc.property(sizes, fc.string(), ([rows, depth, columns], seed) => {
        const [a, b] = [random(rows, depth, `a${seed}`), random(depth, columns, `b${seed}`)];
        const expected = plainProduct(a, b);
        expect(distance(multiply(a, b), expected)).toBeLessThan(1e-10);
        expect(distance(multiplyTransposed(transpose(a), b), expected)).toBeLessThan(1e-10);
        expect(distance(multiplyByTransposed(a, transpose(b)), expected)).toBeLessThan(1e-10);
        expect(innerProduct(a, a)).toBeCloseTo(
          a.values.reduce((sum, value) => sum + value * value, 0),
          8,
        );
      }),
      { numRuns: 30 },
    );
  });

  it("refuse shapes that do not meet", () => {
    expect(() => multiply(matrix(2, 3), matrix(2, 3))).toThrow(RangeError);
    expect(() => innerProduct(matrix(2, 3), matrix(3, 2))).toThrow(RangeError);
    expect(() => matrix(2, 3, [1])).toThrow(RangeError);
  });
});

describe("orthogonalise", () => {
  it("splits vectors into an orthogonal basis and a triangle, also when they depend on each other", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 24 }),
        fc.string(),
        (count, length, independent, seed) => {
          const vectors = multiply(random(count, independent, `m${seed}`), random(independent, length, `v${seed}`));
          const basis = orthogonalise(vectors);
          const size = basis.r.rows;
          const q = basis.expand(identity(size));
          expect(distance(multiplyByTransposed(q, q), identity(size))).toBeLessThan(1e-12);
          expect(distance(basis.expand(transpose(basis.r)), vectors)).toBeLessThan(1e-10);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("rightSingular", () => {
  it("finds singular values of any spread, and vectors that are orthogonal", () => {
    const [u, v] = [orthogonalise(random(9, 9, "u")), orthogonalise(random(9, 20, "v"))];
    const spread = [1e6, 1e3, 10, 10, 1, 1e-2, 1e-5, 1e-9, 0];
    const s = matrix(9, 9);
    spread.forEach((value, i) => {
      s.values[i * 10] = value;
    });
    const a = multiply(u.expand(identity(9)), multiply(s, v.expand(identity(9))));
    const found = rightSingular(a);
    spread.slice(0, 7).forEach((value, i) => {
      expect(Math.abs((found.values[i] ?? 0) - value) / value).toBeLessThan(i < 5 ? 1e-9 : 1e-3);
    });
    expect(found.values[8]).toBeLessThan(1e-9);
    const top = { rows: 5, columns: 20, values: found.vectors.values.subarray(0, 100) };
    expect(distance(multiplyByTransposed(top, top), identity(5))).toBeLessThan(1e-12);
  });

  it("answers zeros for zeros", () => {
    const { values, vectors } = rightSingular(matrix(3, 5));
    expect([...values, ...vectors.values].every((value) => value === 0)).toBe(true);
  });
});

describe("the SVD of factors", () => {
  it("is exact at full rank, and loses at every lower rank just what the smaller singular values hold", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("up" as const, "even" as const),
        fc.string(),
        (out, rank, inputs, split, seed) => {
          const factors = { up: random(out, rank, `u${seed}`), down: random(rank, inputs, `d${seed}`) };
          const whole = multiply(factors.up, factors.down);
          const svd = svdOfFactors(factors);
          expect(svd.energy).toBeCloseTo(innerProduct(whole, whole), 6);
          for (const kept of [1, Math.ceil(rank / 2), rank, rank + 3]) {
            const { up, down } = svd.truncate(kept, split);
            expect([up.columns, down.rows]).toEqual([kept, kept]);
            const lost = svd.singularValues.subarray(kept).reduce((sum, value) => sum + value * value, 0);
            expect(distance(multiply(up, down), whole)).toBeCloseTo(Math.sqrt(lost), 7);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("holds for stacks that repeat themselves", () => {
    const one = { up: random(20, 4, "u"), down: random(4, 30, "d") };
    const twice = {
      up: transpose(fromRows([...rowsOf(transpose(one.up)), ...rowsOf(transpose(one.up))])),
      down: fromRows([...rowsOf(one.down), ...rowsOf(one.down)]),
    };
    const { up, down } = svdOfFactors(twice).truncate(4, "even");
    const expected = multiply(one.up, one.down);
    expect(
      distance(multiply(up, down), { ...expected, values: expected.values.map((value) => 2 * value) }),
    ).toBeLessThan(1e-10);
  });
});

describe("the SVD of a whole matrix", () => {
  it("finds the best factors of a large one up to a tenth of a percent, and the same ones for the same seed", () => {
    const low = multiply(random(200, 12, "u"), random(12, 150, "d"));
    const noise = random(200, 150, "n");
    const a = { ...low, values: low.values.map((value, i) => value + 0.05 * (noise.values[i] ?? 0)) };
    const exact = svdOfFactors({ up: a, down: identity(150) });
    const found = svdOfMatrix(a, 12, "seed");
    const [ours, best] = [found, exact].map((svd) => {
      const { up, down } = svd.truncate(12, "even");
      return distance(multiply(up, down), a);
    });
    expect((ours ?? 1) / (best ?? 0)).toBeLessThan(1.001);
    expect(found.energy).toBeCloseTo(innerProduct(a, a), 6);
    expect(svdOfMatrix(a, 12, "seed").truncate(12, "up")).toEqual(found.truncate(12, "up"));
  });
});

describe("random numbers by position", () => {
  it("are uniform, differ by seed, and do not depend on what was asked before", () => {
    const uniform = uniformAt("a");
    const values = Array.from({ length: 20_000 }, (_, i) => uniform(i));
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
    expect(uniformAt("a")(12_345)).toBe(values[12_345]);
    expect(uniformAt("b")(12_345)).not.toBe(values[12_345]);
    const tenths = new Array(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)] += 1;
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it("are normal where that is asked", () => {
    const values = randomNormals("n", 20_001);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(variance).toBeCloseTo(1, 1);
  });
});

function identity(size: number): Matrix {
  const one = matrix(size, size);
  for (let i = 0; i < size; i += 1) one.values[i * (size + 1)] = 1;
  return one;
}

function rowsOf({ rows, columns, values }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
}
