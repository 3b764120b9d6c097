import { describe, expect, it } from "vitest";
import { copySmaller, cutSquare } from "./cut-square.ts";

/** Red grows to the right, green downwards. */
function ramp(width: number, height: number) {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rgb.set([x, y, 7], (y * width + x) * 3);
  return { width, height, rgb };
}
const pixel = (rgb: Uint8Array, side: number, x: number, y: number) => [
  ...rgb.subarray((y * side + x) * 3).slice(0, 3),
];

describe("cutSquare", () => {
  it("gives the pixels themselves at their own size", () => {
    const cut = cutSquare(ramp(40, 30), { left: 5, top: 6, side: 8 }, 8);
    expect(pixel(cut, 8, 0, 0)).toEqual([5, 6, 7]);
    expect(pixel(cut, 8, 7, 3)).toEqual([12, 9, 7]);
  });

  it("takes means where it makes smaller, and goes between pixels where it enlarges", () => {
    const smaller = cutSquare(ramp(200, 200), { left: 0, top: 0, side: 200 }, 20);
    expect(pixel(smaller, 20, 3, 10)).toEqual([35, 105, 7]);
    const larger = cutSquare(ramp(200, 200), { left: 50, top: 50, side: 10 }, 100);
    expect(pixel(larger, 100, 55, 5)[0]).toBe(55);
    expect(pixel(larger, 100, 99, 5)[0]).toBe(59);
  });

  it("is grey beyond the picture", () => {
    const cut = cutSquare(ramp(20, 10), { left: 0, top: 0, side: 20 }, 20);
    expect(pixel(cut, 20, 4, 9)).toEqual([4, 9, 7]);
    expect(pixel(cut, 20, 4, 12)).toEqual([128, 128, 128]);
    expect(pixel(cutSquare(ramp(20, 10), { left: -20, top: 0, side: 20 }, 20), 20, 5, 5)).toEqual([128, 128, 128]);
  });
});

describe("copySmaller", () => {
  it("copies a small picture, also one that lies in memory of others", () => {
    const pool = Buffer.from(ramp(4, 2).rgb);
    const copy = copySmaller({ width: 4, height: 2, rgb: pool }, 10);
    expect([...copy.rgb]).toEqual([...pool]);
    expect(copy.rgb.buffer).not.toBe(pool.buffer);
    expect(copy.rgb.byteLength).toBe(copy.rgb.buffer.byteLength);
  });

  it("takes whole blocks of pixels, and makes strips no thinner than a pixel", () => {
    const { width, height, rgb } = copySmaller(ramp(201, 101), 100);
    expect([width, height]).toEqual([67, 33]);
    expect([...rgb.subarray(0, 3)]).toEqual([1, 1, 7]);
    expect(copySmaller(ramp(250, 1), 100)).toMatchObject({ width: 83, height: 1 });
  });
});
