import { uniformAt } from "../math/random.ts";

/** Keeps the floor(density · n) elements of largest magnitude, the earlier of equals, and zeroes the others. */
export function keepLargest(values: Float64Array, density: number): Float64Array {
  const kept = Math.floor(density * values.length);
  const result = new Float64Array(values.length);
  if (kept === 0) return result;
  const magnitudes = values.map(Math.abs);
  const threshold = nthLargest(Float64Array.from(magnitudes), kept);
  let equals = kept - magnitudes.reduce((count, magnitude) => count + (magnitude > threshold ? 1 : 0), 0);
  for (let i = 0; i < values.length; i += 1) {
    const magnitude = magnitudes[i] as number;
    if (magnitude > threshold) result[i] = values[i] as number;
    else if (magnitude === threshold && equals > 0) {
      equals -= 1;
      result[i] = values[i] as number;
    }
  }
  return result;
}

/** The n-th largest value (1 is the largest) by quickselect; reorders the values. */
function nthLargest(values: Float64Array, n: number): number {
  const wanted = values.length - n;
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middleOf(values[low] as number, values[(low + high) >> 1] as number, values[high] as number);
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      [values[i], values[j]] = [values[j] as number, values[i] as number];
      i += 1;
      j -= 1;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted] as number;
}

const middleOf = (a: number, b: number, c: number) => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/**
 * DARE: keeps each element with probability `density` and divides what it keeps by it, so that the expectation stays. The
 * draws depend on the seed and the element's place alone.
 */
export function dropAndRescale(values: Float64Array, density: number, seed: string): Float64Array {
  const uniform = uniformAt(seed);
  return values.map((value, i) => (uniform(i) < density ? value / density : 0));
}
