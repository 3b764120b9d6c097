import type { Dtype } from "./dtypes.ts";

/** Dtypes that LoRA files hold their matrices in and that these functions read and write. */
export type FloatDtype = "F32" | "F16" | "BF16";

export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function floatFromBits(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0] ?? 0;
}

/** Half precision (IEEE 754 binary16) bits to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to half precision bits, rounded to nearest even; too large becomes infinity. */
export function numberToHalf(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below the smallest normal half: multiples of 2^-24, ties to even.
    const scaled = floatFromBits(magnitude) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000;
  return sign | (rounded >>> 13);
}

/** A number to bfloat16 bits, rounded to nearest even. */
export function numberToBfloat(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Copies little-endian tensor bytes (at any alignment) to 32-bit floats. */
export function toFloat32(dtype: FloatDtype, data: Uint8Array): Float32Array {
  // Every platform Node runs on is little-endian, so an aligned copy of the bytes is already the answer.
  if (dtype === "F32") return new Float32Array(new Uint8Array(data).buffer);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const read =
    dtype === "F16"
      ? (i: number) => halfToNumber(view.getUint16(i * 2, true))
      : (i: number) => floatFromBits(view.getUint16(i * 2, true) << 16);
  return Float32Array.from({ length: data.length / 2 }, (_, i) => read(i));
}

/** 32-bit floats to little-endian tensor bytes. */
export function fromFloat32(dtype: FloatDtype, values: Float32Array): Uint8Array {
  const width = dtype === "F32" ? 4 : 2;
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  const encode = dtype === "F16" ? numberToHalf : numberToBfloat;
  values.forEach((value, i) => {
    if (dtype === "F32") view.setFloat32(i * 4, value, true);
    else view.setUint16(i * 2, encode(value), true);
  });
  return bytes;
}
