import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RgbImage } from "@loramill/contracts";
import { blurPicture, drawPicture, scalePicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { encodeImage } from "./encode.ts";
import { prepareImage } from "./prepare-image.ts";
import { sharp } from "./sharp.ts";

/** Where a spec draws the line by default. */
const LINE = 0.08;
const settings = { resolution: 512, crop: "centre", format: "jpeg", bucketStep: 64, upscale: true } as const;
const PHOTOS = join(import.meta.dirname, "../../../../shared/data/photos");

const sharpnessOf = async (image: RgbImage): Promise<number> =>
  (await prepareImage(await encodeImage(image, "jpeg", { quality: 90 }), settings)).quality.sharpness;

/** Paints over a picture: the colour of each pixel, or null to leave it. */
function paint(image: RgbImage, at: (x: number, y: number) => readonly [number, number, number] | null): RgbImage {
  const rgb = Uint8Array.from(image.rgb);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const colour = at(x, y);
      if (colour !== null) rgb.set(colour, (y * image.width + x) * 3);
    }
  }
  return { ...image, rgb };
}

describe("sharpness", () => {
  it("lets crisp pictures pass and stops their Gaussian blurs", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const picture = drawPicture(seed, { width: 480, height: 400 });
      expect(await sharpnessOf(picture)).toBeGreaterThan(0.3);
      expect(await sharpnessOf(blurPicture(picture, 3))).toBeLessThan(LINE);
      expect(await sharpnessOf(blurPicture(picture, 8))).toBeLessThan(LINE);
    }
  });

  it("lets a sharp subject before a soft background pass", async () => {
    const crisp = drawPicture(7, { width: 480, height: 480 });
    const soft = blurPicture(crisp, 10);
    const portrait = paint(soft, (x, y) => {
      if ((x - 240) ** 2 + (y - 260) ** 2 > 110 ** 2) return null;
      const at = (y * 480 + x) * 3;
      return [crisp.rgb[at] as number, crisp.rgb[at + 1] as number, crisp.rgb[at + 2] as number];
    });
    expect(await sharpnessOf(portrait)).toBeGreaterThan(2 * LINE);
  });

  it("lets a flat drawing with few edges pass, also a pale one", async () => {
    const paper: RgbImage = { width: 400, height: 400, rgb: new Uint8Array(400 * 400 * 3).fill(250) };
    const disc = (shade: number) =>
      paint(paper, (x, y) => ((x - 190) ** 2 + (y - 210) ** 2 < 90 ** 2 ? [shade, shade, shade] : null));
    expect(await sharpnessOf(disc(40))).toBeGreaterThan(0.3);
    expect(await sharpnessOf(disc(225))).toBeGreaterThan(LINE);
    expect(await sharpnessOf(blurPicture(disc(40), 5))).toBeLessThan(LINE);
  });

  it("is nothing where there are no edges at all", async () => {
    const ramp: RgbImage = {
      width: 300,
      height: 300,
      rgb: Uint8Array.from({ length: 300 * 300 * 3 }, (_, at) => 40 + Math.floor((at % 900) / 6)),
    };
    expect(await sharpnessOf(ramp)).toBe(0);
  });

  it("hardly depends on the size a picture is stored at, while that is above what is looked at", async () => {
    const large = drawPicture(9, { width: 1600, height: 1600 });
    const values = [await sharpnessOf(large), await sharpnessOf(scalePicture(large, 0.5))];
    expect(Math.abs((values[0] as number) - (values[1] as number))).toBeLessThan(0.5);
    for (const value of values) expect(value).toBeGreaterThan(0.3);
  });

  const hasPhotos = existsSync(PHOTOS);
  if (!hasPhotos) console.warn(`SKIPPED: sharpness of real photographs, because ${PHOTOS} is not there`);
  it.skipIf(!hasPhotos)("lets all real photographs pass and stops all their blurs", { timeout: 120_000 }, async () => {
    const paths = globSync("*/*.jpg", { cwd: PHOTOS }).filter((_, index) => index % 3 === 0);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      const photo = readFileSync(join(PHOTOS, path));
      const { width } = await sharp(photo).metadata();
      const blurred = await sharp(photo)
        .blur(width * 0.007)
        .jpeg({ quality: 90 })
        .toBuffer();
      expect((await prepareImage(photo, settings)).quality.sharpness, path).toBeGreaterThan(2 * LINE);
      expect((await prepareImage(blurred, settings)).quality.sharpness, path).toBeLessThan(LINE);
    }
  });
});
