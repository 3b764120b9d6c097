/** 64-bit hashes as pairs of 32-bit words, high word first: bit operations in JavaScript have 32 bits. */
export function packHashes(hashes: readonly string[]): Uint32Array {
  const words = new Uint32Array(hashes.length * 2);
  hashes.forEach((hash, index) => {
    words[index * 2] = Number.parseInt(hash.slice(0, 8), 16);
    words[index * 2 + 1] = Number.parseInt(hash.slice(8, 16), 16);
  });
  return words;
}

/** Number of set bits of a 32-bit word. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Bits in which two packed hashes differ, 0..64. */
export function distanceBetween(a: Uint32Array, indexA: number, b: Uint32Array, indexB: number): number {
  return (
    countBits((a[indexA * 2] as number) ^ (b[indexB * 2] as number)) +
    countBits((a[indexA * 2 + 1] as number) ^ (b[indexB * 2 + 1] as number))
  );
}
