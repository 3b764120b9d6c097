import { drawPicture, exposePicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { cropRgb, planeToGrey } from "./raster.ts";
import { alignSignatures, mirrorSignature, readSignature, signatureOf } from "./signature.ts";

const size = { width: 480, height: 360 };

function greyOf(image: { width: number; height: number; rgb: Uint8Array }) {
  return planeToGrey({ ...image, channels: 3, data: new Float64Array(image.rgb) });
}
const signature = (image: Parameters<typeof greyOf>[0]) => readSignature(signatureOf(greyOf(image)));

describe("signatures", () => {
  it("lie over those of the same picture at another exposure, and over no other's", () => {
    const picture = drawPicture(1, size);
    const same = alignSignatures(signature(picture), signature(exposePicture(picture, 0.8)));
    expect(same.similarity).toBeGreaterThan(0.99);
    expect(same.share).toBe(1);
    for (let seed = 2; seed < 12; seed++) {
      expect(alignSignatures(signature(picture), signature(drawPicture(seed, size))).similarity).toBeLessThan(0.9);
    }
  });

  it("are found inside the picture they were cut from, in either order", () => {
    for (let seed = 1; seed < 6; seed++) {
      const picture = drawPicture(seed, size);
      const part = cropRgb(picture, { left: seed * 4, top: 18 - seed * 3, width: 456, height: 342 });
      for (const [a, b] of [
        [picture, part],
        [part, picture],
      ] as const) {
        const { similarity, share } = alignSignatures(signature(a), signature(b));
        expect(similarity).toBeGreaterThan(0.94);
        expect(Math.abs(share - 0.9)).toBeLessThan(0.06);
      }
    }
  });

  it("mirror, and say nothing of a plain picture", () => {
    const one = signature(drawPicture(3, size));
    expect(mirrorSignature(mirrorSignature(one))).toEqual(one);
    expect(alignSignatures(one, mirrorSignature(one)).similarity).toBeLessThan(0.9);
    const plain = signature({ ...size, rgb: new Uint8Array(480 * 360 * 3).fill(99) });
    expect(alignSignatures(plain, plain).similarity).toBe(-1);
  });
});
