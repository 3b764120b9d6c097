import { describe, expect, test } from "vitest";
import { drawPicture } from "../test/fixtures.ts";
import { vector, vectors } from "../test/vectors.ts";
import { openModelFiles } from "./model-files.ts";
import { checkSides, fromPatches, positionFeatures, toPatches } from "./pictures.ts";

const { model } = await openModelFiles();
const { patch } = model.dimensions;
const { frequencies } = model.position;

describe("pictures", () => {
  test("become the patches of the training", () => {
    // The vector is smaller than the engine's least side, so it sits in the corner of a larger picture.
    const { width, height, rgb } = vectors.picture;
    const large = { width: 32, height: 32, rgb: new Uint8Array(32 * 32 * 3) };
    for (let row = 0; row < height; row += 1) {
      large.rgb.set(rgb.slice(row * width * 3, (row + 1) * width * 3), row * 32 * 3);
    }
    const tokens = toPatches(large, patch);
    const values = patch * patch * 3;
    const expected = vector("picture_patches").values;
    for (let row = 0; row < height / patch; row += 1) {
      const columns = width / patch;
      const found = tokens.subarray(row * 4 * values, (row * 4 + columns) * values);
      const wanted = expected.subarray(row * columns * values, (row + 1) * columns * values);
      expect(Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? 9))))).toBeLessThan(1e-6);
    }
  });

  test.each([
    [64, 64],
    [48, 96],
    [96, 64],
  ])("come back byte by byte at %i×%i", (width, height) => {
    const picture = drawPicture(1, width, height);
    expect(fromPatches(toPatches(picture, patch), width, height, patch)).toEqual(picture);
  });

  test("are mirrored left to right", () => {
    const picture = drawPicture(2, 48, 32);
    const mirrored = fromPatches(toPatches(picture, patch, true), 48, 32, patch);
    for (let pixel = 0; pixel < 48 * 32; pixel += 1) {
      const other = Math.floor(pixel / 48) * 48 + (47 - (pixel % 48));
      expect(mirrored.rgb.subarray(pixel * 3, pixel * 3 + 3)).toEqual(picture.rgb.subarray(other * 3, other * 3 + 3));
    }
  });

  test("clamp what lies outside the scale", () => {
    const tokens = new Float32Array(32 * 32 * 3).fill(1.5).fill(-3, 0, 100);
    expect(new Set(fromPatches(tokens, 32, 32, patch).rgb)).toEqual(new Set([0, 255]));
  });

  test("are refused at sides that are not whole patches or out of reach", () => {
    for (const side of [0, -64, 24, 60, 65, 136, 64.5, Number.NaN]) {
      expect(() => checkSides(64, side, patch)).toThrow(expect.objectContaining({ code: "bad-size" }));
    }
    expect(() => toPatches({ width: 64, height: 64, rgb: new Uint8Array(9) }, patch)).toThrow(
      expect.objectContaining({ code: "bad-picture" }),
    );
  });
});

test.each([
  ["position", 32, 32],
  ["position_64x96", 96, 64],
])("position features are those of the training: %s", (name, width, height) => {
  const found = positionFeatures({ width, height }, patch, frequencies);
  const expected = vector(name).values;
  expect(found.length).toBe(expected.length);
  expect(Math.max(...found.map((value, index) => Math.abs(value - (expected[index] ?? 9))))).toBeLessThan(1e-6);
});
