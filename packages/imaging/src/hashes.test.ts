import { describe, expect, it } from "vitest";
import vector from "../test/vectors/image-hash.json" with { type: "json" };
import { distanceBetween, packHashes } from "./hamming.ts";
import { dhash, dhashOfGrid, layoutHash, phash } from "./hashes.ts";
import type { Plane } from "./raster.ts";

const picture: Plane = { width: 64, height: 64, channels: 1, data: Float64Array.from(vector.grey) };

function mirrored({ width, height, data }: Plane): Plane {
  const flipped = data.map((_, at) => data[at - (at % width) + width - 1 - (at % width)] as number);
  return { width, height, channels: 1, data: flipped };
}

const distance = (a: string, b: string) => distanceBetween(packHashes([a]), 0, packHashes([b]), 0);

describe("hashes", () => {
  it("are imagededup's pHash and the dHash of the reference picture", () => {
    expect(phash(picture).phash).toBe(vector.phash_imagededup);
    expect(dhashOfGrid(vector.dhash_9x8)).toBe(vector.dhash);
  });

  it("know the mirrored picture without mirroring it", () => {
    expect(phash(picture).phashMirrored).toBe(phash(mirrored(picture)).phash);
    expect(phash(mirrored(picture)).phashMirrored).toBe(phash(picture).phash);
    expect(dhash(picture).dhashMirrored).toBe(dhash(mirrored(picture)).dhash);
    expect(dhash(picture).dhashMirrored).not.toBe(dhash(picture).dhash);
  });

  it("of a smooth picture do not move with the rounding noise of another encoding", () => {
    const smooth: Plane = { ...picture, data: picture.data.map((_, at) => 60 + (at % 64)) };
    const noisy: Plane = { ...smooth, data: smooth.data.map((value, at) => value + ((at * 7919) % 3) - 1) };
    expect(distance(phash(smooth).phash, phash(noisy).phash)).toBeLessThanOrEqual(2);
  });

  it("of a plain picture are stable, whatever its shade", () => {
    const plain = (shade: number): Plane => ({ ...picture, data: new Float64Array(64 * 64).fill(shade) });
    expect(phash(plain(20))).toEqual(phash(plain(200)));
    expect(dhash(plain(20)).dhash).toBe("0000000000000000");
  });

  it("keep the colours of a picture apart from those of another in its layout", () => {
    const filled = (red: number, green: number, blue: number): Plane => ({
      width: 64,
      height: 64,
      channels: 3,
      data: Float64Array.from({ length: 64 * 64 * 3 }, (_, at) => [red, green, blue][at % 3] as number),
    });
    expect(layoutHash(filled(200, 10, 16))).toBe("c80a10".repeat(16));
  });
});
