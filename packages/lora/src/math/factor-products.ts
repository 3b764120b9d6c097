import type { Factors } from "./factor-svd.ts";
import { innerProduct, type Matrix, transpose } from "./matrix.ts";
import { multiply, multiplyByTransposed, multiplyTransposed } from "./multiply.ts";

/**
 * Inner product of two factored matrices of one shape without forming them: ⟨B₁A₁, B₂A₂⟩ is the trace of
 * (B₁ᵀB₂)(A₂A₁ᵀ), whose matrices are as small as the ranks.
 */
export function factorInnerProduct(a: Factors, b: Factors): number {
  return innerProduct(multiplyTransposed(a.up, b.up), multiplyByTransposed(a.down, b.down));
}

/** Inner product of a factored matrix with a whole one: ⟨BA, D⟩ = ⟨A, BᵀD⟩. */
export function mixedInnerProduct(a: Factors, whole: Matrix): number {
  return innerProduct(a.down, multiply(transpose(a.up), whole));
}
