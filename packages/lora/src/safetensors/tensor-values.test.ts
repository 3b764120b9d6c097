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
