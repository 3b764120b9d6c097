/** The two 8-bit float dtypes that weights are stored in: E4M3 without infinities (largest 448), and E5M2. */
export type Float8 = "F8_E4M3" | "F8_E5M2";

const layouts = {
  F8_E4M3: { fractionBits: 3, bias: 7, largest: 0x7e, overflow: 0x7f },
  F8_E5M2: { fractionBits: 2, bias: 15, largest: 0x7b, overflow: 0x7c },
} as const;

/** Value of each of the 256 bit patterns. */
function valuesOf(format: Float8): Float32Array {
  const { fractionBits, bias, largest } = layouts[format];
  return Float32Array.from({ length: 256 }, (_, bits) => {
    const sign = bits & 0x80 ? -1 : 1;
    const magnitude = bits & 0x7f;
    if (magnitude > largest) return format === "F8_E5M2" && magnitude === 0x7c ? sign * Infinity : Number.NaN;
    const exponent = magnitude >> fractionBits;
    const fraction = (magnitude & ((1 << fractionBits) - 1)) / (1 << fractionBits);
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  });
}

export const float8Values: Readonly<Record<Float8, Float32Array>> = {
  F8_E4M3: valuesOf("F8_E4M3"),
  F8_E5M2: valuesOf("F8_E5M2"),
};

/** A number to its nearest bit pattern, ties to the even one; too large becomes NaN (E4M3) or infinity (E5M2). */
export function numberToFloat8(format: Float8, value: number): number {
  const { largest, overflow } = layouts[format];
  const values = float8Values[format];
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  if (Number.isNaN(value)) return sign | 0x7f;
  const magnitude = Math.abs(value);
  const top = values[largest] ?? 0;
  // Half a step past the largest value still rounds down to it when its last bit is even.
  const halfStep = (top - (values[largest - 1] ?? 0)) / 2;
  if (magnitude > top + halfStep || (magnitude === top + halfStep && largest % 2 === 1)) return sign | overflow;
  let low = 0;
  let high: number = largest;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= magnitude) low = middle;
    else high = middle - 1;
  }
  if (low === largest) return sign | low;
  const below = magnitude - (values[low] ?? 0);
  const above = (values[low + 1] ?? 0) - magnitude;
  const roundsUp = above < below || (above === below && low % 2 === 1);
  return sign | (roundsUp ? low + 1 : low);
}
