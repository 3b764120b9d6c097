import { drawPicture, mirrorPicture, scalePicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { encodeImage } from "./encode.ts";
import { compareHashes, findLeaks } from "./leaks.ts";
import { prepareImage } from "./prepare-image.ts";
import { cropRgb } from "./raster.ts";

const settings = { resolution: 128, crop: "centre", format: "jpeg", bucketStep: 64, upscale: true } as const;
const hashesOf = async (image: Parameters<typeof encodeImage>[0]) =>
  (await prepareImage(await encodeImage(image, "jpeg", { quality: 85 }), settings)).hashes;
const draw = (seed: number) => drawPicture(seed, { width: 400, height: 300 });

const trained = await Promise.all([1, 2, 3, 4].map((seed) => hashesOf(draw(seed))));

describe("pictures that are held out", () => {
  it("are found among those that are trained on: smaller, mirrored and cropped", async () => {
    const heldOut = await Promise.all([
      hashesOf(draw(9)),
      hashesOf(scalePicture(draw(2), 0.6)),
      hashesOf(mirrorPicture(draw(3))),
      hashesOf(cropRgb(draw(4), { left: 5, top: 9, width: 382, height: 286 })),
    ]);
    const leaks = findLeaks(trained, heldOut, { nearDistance: 4 });
    expect(leaks.map(({ held, trained, mirrored }) => [held, trained, mirrored])).toEqual([
      [1, 1, false],
      [2, 2, true],
      [3, 3, false],
    ]);
    expect(findLeaks([], heldOut, { nearDistance: 4 })).toEqual([]);
  });

  it("are compared only as far as asked", async () => {
    const [whole, part] = [draw(1), cropRgb(draw(1), { left: 20, top: 15, width: 380, height: 285 })];
    const [a, b] = [await hashesOf(whole), await hashesOf(part)];
    expect(compareHashes(a, b, { nearDistance: 2 })).not.toBeNull();
    expect(compareHashes(a, b, { nearDistance: 2, crops: false })).toBeNull();
    expect(compareHashes(a, a, { nearDistance: 0, crops: false })).toEqual({ distance: 0, mirrored: false });
  });
});
