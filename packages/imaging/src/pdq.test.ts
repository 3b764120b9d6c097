import { drawPicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import vector from "../test/vectors/image-hash.json" with { type: "json" };
import { pdq, pdqDistance } from "./pdq.ts";
import { type Plane, planeToGrey } from "./raster.ts";

const reference: Plane = { width: 64, height: 64, channels: 1, data: Float64Array.from(vector.grey) };

function greyOf(seed: number, size: { width: number; height: number }): Plane {
  const { rgb } = drawPicture(seed, size);
  return planeToGrey({ ...size, channels: 3, data: new Float64Array(rgb) });
}

function mirrorOf({ width, height, data }: Plane): Plane {
  const flipped = data.map((_, at) => data[at - (at % width) + width - 1 - (at % width)] as number);
  return { width, height, channels: 1, data: flipped };
}

describe("PDQ", () => {
  it("is that of the reference picture, with its quality", () => {
    expect(pdq(reference)).toMatchObject({ hash: vector.pdq_hex, quality: vector.pdq_quality });
  });

  it("knows the mirrored picture without mirroring it", () => {
    expect(pdqDistance(pdq(reference).mirrored, pdq(mirrorOf(reference)).hash)).toBeLessThanOrEqual(2);
    const large = greyOf(4, { width: 512, height: 384 });
    expect(pdqDistance(pdq(large).mirrored, pdq(mirrorOf(large)).hash)).toBeLessThanOrEqual(16);
    expect(pdqDistance(pdq(large).hash, pdq(mirrorOf(large)).hash)).toBeGreaterThan(64);
  });

  it("tells pictures apart and is near for another size of the same", () => {
    const [one, other] = [pdq(greyOf(1, { width: 400, height: 300 })), pdq(greyOf(2, { width: 400, height: 300 }))];
    expect(pdqDistance(one.hash, other.hash)).toBeGreaterThan(80);
    const plane = greyOf(1, { width: 800, height: 600 });
    expect(pdq(plane).quality).toBeGreaterThanOrEqual(50);
  });

  it("has no quality where there is nothing to see, and takes pictures smaller than its grid", () => {
    expect(pdq({ ...reference, data: new Float64Array(64 * 64).fill(77) }).quality).toBe(0);
    expect(pdq(greyOf(3, { width: 20, height: 33 })).hash).toMatch(/^[0-9a-f]{64}$/);
  });
});
