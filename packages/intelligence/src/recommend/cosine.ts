/** Cosine of two vectors, −1 to 1; null where they have different lengths or one of them has no direction. */
export function cosine(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length) return null;
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0;
    dot += value * other;
    squareA += value * value;
    squareB += other * other;
  }
  const length = Math.sqrt(squareA) * Math.sqrt(squareB);
  return length > 0 && Number.isFinite(length) ? dot / length : null;
}
