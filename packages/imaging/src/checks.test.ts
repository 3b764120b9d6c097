import { drawPicture, exposePicture, scalePicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { type Checkable, type CheckName, checkPicture, checkSizes } from "./checks.ts";
import { encodeImage } from "./encode.ts";
import { prepareImage } from "./prepare-image.ts";
import { sharp } from "./sharp.ts";

const settings = { resolution: 512, crop: "centre", format: "jpeg", bucketStep: 64, upscale: true } as const;

const failuresOf = async (bytes: Uint8Array): Promise<CheckName[]> => {
  const { width, height, quality, converted, borders } = await prepareImage(bytes, settings);
  const checkable: Checkable = { width, height, quality, converted: [...converted], ...(borders ? { borders } : {}) };
  return checkPicture(checkable)
    .filter(({ failed }) => failed)
    .map(({ check }) => check);
};

const picture = drawPicture(3, { width: 800, height: 600 });
const raw = { raw: { width: 800, height: 600, channels: 3 } } as const;

describe("checks of a picture", () => {
  it("pass a good picture, each with its score, its threshold and a sentence", async () => {
    const { width, height, quality } = await prepareImage(await encodeImage(picture, "jpeg"), settings);
    const results = checkPicture({ width, height, quality });
    expect(results.map(({ check }) => check)).toEqual([
      "too-small",
      "blurred",
      "upscaled",
      "dark",
      "bright",
      "low-contrast",
      "low-information",
      "odd-aspect",
      "borders",
      "colour-space",
      "alpha",
    ]);
    for (const { failed, score, threshold, message } of results) {
      expect(failed, message).toBe(false);
      expect(score).toBeGreaterThanOrEqual(threshold);
    }
    expect(results[0]?.message).toBe("the shorter side has 600 pixels, at least 64");
  });

  it("name what is dark, bright, flat, tiny, narrow or enlarged", async () => {
    const lift = picture.rgb.map((value) => 245 + value / 26);
    const strip = drawPicture(4, { width: 1200, height: 300 });
    const tiny = await encodeImage(scalePicture(picture, 0.08), "png");
    const enlarged = sharp(await sharp(picture.rgb, raw).resize(256, 192).png().toBuffer()).resize(800, 600);
    expect(await failuresOf(await encodeImage(exposePicture(picture, 0.25), "png"))).toContain("dark");
    expect(await failuresOf(await encodeImage({ ...picture, rgb: lift }, "png"))).toEqual(
      expect.arrayContaining(["bright", "low-contrast"]),
    );
    const flat = { width: 80, height: 80, rgb: new Uint8Array(80 * 80 * 3).fill(130) };
    expect(await failuresOf(await encodeImage(flat, "png"))).toEqual(["blurred", "low-contrast", "low-information"]);
    expect(await failuresOf(tiny)).toContain("too-small");
    expect(await failuresOf(await encodeImage(strip, "jpeg"))).toEqual(["odd-aspect"]);
    expect(await failuresOf(await enlarged.jpeg({ quality: 92 }).toBuffer())).toContain("upscaled");
  });

  it("find the bars of a letterbox, and none around a product on white", async () => {
    const boxed = await sharp(picture.rgb, raw)
      .extend({ top: 90, bottom: 60, background: "#101010" })
      .jpeg()
      .toBuffer();
    const { borders, height } = await prepareImage(boxed, settings);
    expect(height).toBe(750);
    expect(borders).toMatchObject({ right: 0, left: 0 });
    expect(Math.abs((borders?.top ?? 0) - 90)).toBeLessThanOrEqual(3);
    expect(Math.abs((borders?.bottom ?? 0) - 60)).toBeLessThanOrEqual(3);
    expect(await failuresOf(boxed)).toEqual(["borders"]);
    const disc = Uint8Array.from({ length: 600 * 600 * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % 600, Math.floor(at / 1800)];
      return (x - 300) ** 2 + (y - 300) ** 2 < 200 ** 2 ? (x * 7 + y * 3) % 200 : 255;
    });
    expect(
      (await prepareImage(await encodeImage({ width: 600, height: 600, rgb: disc }, "png"), settings)).borders,
    ).toBe(undefined);
  });

  it("name alpha channels and colours that are not RGB", async () => {
    const clear = await sharp(picture.rgb, raw).ensureAlpha(0.5).png().toBuffer();
    const print = await sharp(picture.rgb, raw).toColourspace("cmyk").jpeg().toBuffer();
    const grey = await sharp(picture.rgb, raw).toColourspace("b-w").jpeg().toBuffer();
    expect(await failuresOf(clear)).toEqual(["alpha"]);
    expect(await failuresOf(print)).toContain("colour-space");
    expect(await failuresOf(grey)).toEqual(["colour-space"]);
  });

  it("are left out where an older version did not measure", () => {
    const quality = {
      sharpness: 0.5,
      brightness: 120,
      contrast: 99,
      clippedShadows: 0,
      clippedHighlights: 0,
      colourfulness: 9,
      entropyBits: 7,
    };
    const checks = checkPicture({ width: 100, height: 100, quality }).map(({ check }) => check);
    expect(checks).not.toContain("dark");
    expect(checks).not.toContain("upscaled");
  });
});

describe("checks of a set's sizes", () => {
  const square = (side: number) => ({ width: side, height: side });

  it("name the picture that is far from the others", () => {
    const sizes = [...Array.from({ length: 20 }, (_, n) => square(1000 + n * 10)), square(90), square(6000)];
    expect(checkSizes(sizes).map(({ failed }) => failed)).toEqual([...Array(20).fill(false), true, true]);
  });

  it("take differences up to twofold for usual, and a set of one or none as it is", () => {
    expect(checkSizes([square(800), square(800), square(800), square(1500)]).some(({ failed }) => failed)).toBe(false);
    expect(checkSizes([square(5)])[0]).toMatchObject({ failed: false, score: 1 });
    expect(checkSizes([])).toEqual([]);
  });
});
