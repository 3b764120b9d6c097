import { describe, expect, it } from "vitest";
import vectors from "../../test/vectors/dtype-rounding.json" with { type: "json" };
import { fromFloat32, halfToNumber, numberToHalf, toFloat32 } from "./tensor-values.ts";

const floats = new Float32Array(Uint32Array.from(vectors.f32_bits).buffer);
const sixteen = (bytes: Uint8Array) => [...new Uint16Array(new Uint8Array(bytes).buffer)];

describe("tensor values", () => {
  it("rounds to half and bfloat16 as the reference does", () => {
    expect(sixteen(fromFloat32("F16", floats))).toEqual(vectors.f16_bits);
    expect(sixteen(fromFloat32("BF16", floats))).toEqual(vectors.bf16_bits);
  });

  it("brings every half through a number and back unchanged, except that NaNs become one NaN", () => {
    for (let bits = 0; bits < 0x10000; bits += 1) {
      const value = halfToNumber(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(halfToNumber(numberToHalf(value)))).toBe(true);
      else if (numberToHalf(value) !== bits) expect.fail(`half ${bits} became ${numberToHalf(value)}`);
    }
  });

  it("reads values at odd offsets", () => {
    const bytes = new Uint8Array(9);
    bytes.set(fromFloat32("F32", Float32Array.of(1.5, -2)), 1);
    expect(toFloat32("F32", bytes.subarray(1))).toEqual(Float32Array.of(1.5, -2));
    bytes.set(fromFloat32("BF16", Float32Array.of(1.5, -2)), 1);
    expect(toFloat32("BF16", bytes.subarray(1, 5))).toEqual(Float32Array.of(1.5, -2));
  });
});

describe("8-bit floats", () => {
  it.each(["F8_E4M3", "F8_E5M2"] as const)("brings every finite pattern of %s through a number and back", (dtype) => {
    const patterns = Uint8Array.from({ length: 256 }, (_, bits) => bits);
    const values = toFloat32(dtype, patterns);
    const back = fromFloat32(dtype, values);
    for (const [bits, value] of values.entries()) if (!Number.isNaN(value)) expect(back[bits]).toBe(bits);
  });

  it("knows the largest values, ties to even, and what overflows", () => {
    expect([...fromFloat32("F8_E4M3", Float32Array.of(448, 464, 465, 1.0625, 1.1875))]).toEqual([
      0x7e, 0x7e, 0x7f, 0x38, 0x3a,
    ]);
    expect([...fromFloat32("F8_E5M2", Float32Array.of(57_344, 61_439, 61_440, -1e9))]).toEqual([
      0x7b, 0x7b, 0x7c, 0xfc,
    ]);
    expect(toFloat32("F64", fromFloat32("F64", Float32Array.of(0.1)))).toEqual(Float32Array.of(0.1));
  });
});
