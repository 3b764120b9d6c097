/**
 * Random numbers by position: the same for the same seed and index, whatever was drawn before, in whatever order or
 * thread. A 32-bit counter, keyed and mixed by two rounds of the multiply-xorshift permutation `triple32` (C. Wellons).
 */
export type RandomAt = (index: number) => number;

/** Uniform in [0, 1), 32 bits of it; `index` below 2^32. */
export function uniformAt(seed: string): RandomAt {
  const [first, second] = [key(seed, 0x811c9dc5), key(seed, 0x9e3779b9)];
  return (index) => (mix(mix(index ^ first) ^ second) >>> 0) / 2 ** 32;
}

/** Standard normal values (Box–Muller), each pair from two positions. */
export function randomNormals(seed: string, count: number): Float64Array {
  const uniform = uniformAt(seed);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(i)));
    const angle = 2 * Math.PI * uniform(i + 1);
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

/** FNV-1a over the text's UTF-16 units. */
function key(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return mix(value);
}
