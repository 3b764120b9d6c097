/** Bits of one element of every dtype of the format. */
export const dtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof dtypeBits;

export function isDtype(text: string): text is Dtype {
  return Object.hasOwn(dtypeBits, text);
}

/** The keys above are in the order of the reference, in which a writer lays tensors out from the last to the first. */
const order = new Map(Object.keys(dtypeBits).map((dtype, place) => [dtype, place]));

/** Compares two dtypes as the reference writer sorts them: the widest first. */
export function compareDtypes(a: Dtype, b: Dtype): number {
  return (order.get(b) ?? 0) - (order.get(a) ?? 0);
}
