import type { Dtype } from "./dtypes.ts";
import { type Float8, float8Values, numberToFloat8 } from "./float8.ts";

/** Dtypes that matrices are stored in and that these functions read and write. */
export type FloatDtype = "F64" | "F32" | "F16" | "BF16" | Float8;

const floatDtypes: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"]);

export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return floatDtypes.has(dtype);
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

let halves: Float32Array | undefined;

/** Value of each of the 65,536 half patterns: looking up is several times faster than computing. */
function halfValues(): Float32Array {
  halves ??= Float32Array.from({ length: 0x10000 }, (_, bits) => halfToNumber(bits));
  return halves;
}

/** Copies little-endian tensor bytes (at any alignment) to 32-bit floats; F64 is rounded. */
export function toFloat32(dtype: FloatDtype, data: Uint8Array): Float32Array {
  // Every platform Node runs on is little-endian, so an aligned copy of the bytes can be viewed as numbers.
  const { buffer } = new Uint8Array(data);
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F64") return Float32Array.from(new Float64Array(buffer));
  if (dtype === "F8_E4M3" || dtype === "F8_E5M2") {
    const table = float8Values[dtype];
    return Float32Array.from(data, (bits) => table[bits] ?? 0);
  }
  const sixteen = new Uint16Array(buffer);
  if (dtype === "BF16") {
    const bits = new Uint32Array(sixteen.length);
    for (let i = 0; i < bits.length; i += 1) bits[i] = (sixteen[i] ?? 0) << 16;
    return new Float32Array(bits.buffer);
  }
  const table = halfValues();
  const values = new Float32Array(sixteen.length);
  for (let i = 0; i < values.length; i += 1) values[i] = table[sixteen[i] ?? 0] ?? 0;
  return values;
}

/** 32-bit floats to little-endian tensor bytes, rounded to nearest even. */
export function fromFloat32(dtype: FloatDtype, values: Float32Array): Uint8Array {
  if (dtype === "F32") return new Uint8Array(Float32Array.from(values).buffer);
  if (dtype === "F64") return new Uint8Array(Float64Array.from(values).buffer);
  const is16Bit = dtype === "F16" || dtype === "BF16";
  const encoded = is16Bit ? new Uint16Array(values.length) : new Uint8Array(values.length);
  const encode =
    dtype === "F16"
      ? numberToHalf
      : dtype === "BF16"
        ? numberToBfloat
        : (value: number) => numberToFloat8(dtype, value);
  // A plain loop: `from` with a mapping goes through an iterator and takes several times as long.
  for (let i = 0; i < values.length; i += 1) encoded[i] = encode(values[i] ?? 0);
  return new Uint8Array(encoded.buffer);
}
