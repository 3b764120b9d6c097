import { deflateSync } from "node:zlib";
import { UserError } from "@loramill/contracts";
import { drawPicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { readRgb } from "./decode.ts";
import { encodeImage } from "./encode.ts";
import { defaultLimits } from "./limits.ts";
import { makePngChunk } from "./png-chunks.ts";
import { readHeader } from "./read-header.ts";
import { type Sharp, sharp } from "./sharp.ts";

const picture = drawPicture(1, { width: 96, height: 64 });
const open = (): Sharp => sharp(picture.rgb, { raw: { width: 96, height: 64, channels: 3 } });

/** Mean absolute difference of two rasters of one size. */
function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] as number)), 0) / a.length;
}

const codeOf = (bytes: Uint8Array, limits = defaultLimits): Promise<string> =>
  readRgb(bytes, { limits }).then(
    () => "read",
    (error: unknown) => {
      expect(error).toBeInstanceOf(UserError);
      return (error as UserError).code;
    },
  );

describe("pictures are read", () => {
  it.each([
    ["jpeg", () => open().jpeg({ quality: 95 }), 6],
    ["png", () => open().png(), 0],
    ["webp", () => open().webp({ lossless: true }), 0],
    ["avif", () => open().avif({ quality: 90 }), 8],
    ["tiff", () => open().tiff({ compression: "lzw" }), 0],
    ["gif", () => open().gif(), 24],
  ] as const)("from %s, by their content", async (format, encode, tolerance) => {
    const bytes = await encode().toBuffer();
    expect(await readHeader(bytes)).toMatchObject({ format, width: 96, height: 64, frames: 1, hasAlpha: false });
    const read = await readRgb(bytes);
    expect(read).toMatchObject({ width: 96, height: 64 });
    expect(difference(read.rgb, picture.rgb)).toBeLessThanOrEqual(tolerance);
  });

  it("upright, for every EXIF orientation", async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const stored = await open().withMetadata({ orientation }).png().toBuffer();
      const header = await readHeader(stored);
      const expected = await sharp(stored).autoOrient().raw().toBuffer({ resolveWithObject: true });
      expect(header).toMatchObject({ width: expected.info.width, height: expected.info.height });
      expect(header.width).toBe(orientation >= 5 ? 64 : 96);
      expect(Buffer.compare((await readRgb(stored)).rgb, expected.data)).toBe(0);
      expect(header.converted.includes("orientation")).toBe(orientation !== 1);
    }
  });

  it("from CMYK, with near the same colours", async () => {
    const cmyk = await open().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    expect((await readHeader(cmyk)).converted).toContain("cmyk");
    expect(difference((await readRgb(cmyk)).rgb, picture.rgb)).toBeLessThan(30);
  });

  it("from 16 bit, scaled and not cut off", async () => {
    const deep = await open().toColourspace("rgb16").png().toBuffer();
    expect((await readHeader(deep)).converted).toEqual(["16-bit"]);
    expect(difference((await readRgb(deep)).rgb, picture.rgb)).toBeLessThanOrEqual(1);
  });

  it("from grey, also deep and with alpha, as three equal channels", async () => {
    for (const grey of [
      open().toColourspace("b-w"),
      open().toColourspace("grey16"),
      open().ensureAlpha(0.5).toColourspace("b-w"),
    ]) {
      const bytes = await grey.png().toBuffer();
      expect((await readHeader(bytes)).converted).toContain("greyscale");
      const { rgb } = await readRgb(bytes);
      expect(rgb).toHaveLength(96 * 64 * 3);
      expect(rgb.every((value, at) => value === rgb[at - (at % 3)])).toBe(true);
    }
  });

  it("with white behind what is transparent", async () => {
    const clear = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect((await readHeader(clear)).converted).toEqual(["alpha-on-white"]);
    expect([...(await readRgb(clear)).rgb.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it("in sRGB when they carry another profile", async () => {
    const wide = await open().withIccProfile("p3").png().toBuffer();
    expect((await readHeader(wide)).converted).toEqual(["colour-profile"]);
    const asStored = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
    const read = (await readRgb(wide)).rgb;
    expect(difference(read, picture.rgb)).toBeLessThan(3);
    expect(difference(new Uint8Array(asStored), picture.rgb)).toBeGreaterThan(difference(read, picture.rgb));
  });

  it("as their first frame when they are animated", async () => {
    const frames = [picture.rgb, new Uint8Array(96 * 64 * 3)];
    const animated = await sharp(Buffer.concat(frames), {
      raw: { width: 96, height: 128, channels: 3, pageHeight: 64 },
    })
      .webp({ lossless: true })
      .toBuffer();
    expect(await readHeader(animated)).toMatchObject({ frames: 2, height: 64, converted: ["first-frame"] });
    expect(difference((await readRgb(animated)).rgb, picture.rgb)).toBe(0);
  });

  it("at a size: stretched, cut from the middle, or fitted without being enlarged", async () => {
    const png = await encodeImage(picture, "png");
    const sizeOf = async (size: { width: number; height: number; fit: "fill" | "cover" | "inside" }) => {
      const { width, height } = await readRgb(png, { size });
      return [width, height];
    };
    expect(await sizeOf({ width: 20, height: 40, fit: "fill" })).toEqual([20, 40]);
    expect(await sizeOf({ width: 32, height: 32, fit: "cover" })).toEqual([32, 32]);
    expect(await sizeOf({ width: 128, height: 128, fit: "cover" })).toEqual([128, 128]);
    expect(await sizeOf({ width: 48, height: 48, fit: "inside" })).toEqual([48, 32]);
    expect(await sizeOf({ width: 500, height: 500, fit: "inside" })).toEqual([96, 64]);
  });
});

describe("files are refused, each with its reason", () => {
  it("when they are empty, text, or something else that can be named", async () => {
    expect(await codeOf(new Uint8Array(0))).toBe("empty-file");
    expect(await codeOf(Buffer.from("<html>gone</html>"))).toBe("not-an-image");
    expect(await codeOf(Buffer.from("PK\x03\x04 zip"))).toBe("not-an-image");
    expect(await codeOf(Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"))).toBe("unsupported-format");
    expect(await codeOf(Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe(
      "unsupported-format",
    );
    await expect(readHeader(Buffer.from("<html>gone</html>"))).rejects.toThrow(
      "the file is not a picture: it holds text",
    );
  });

  it("when they are larger than a limit, before anything is decoded", async () => {
    const png = await encodeImage(picture, "png");
    expect(await codeOf(png, { ...defaultLimits, maxBytes: 100 })).toBe("file-too-large");
    expect(await codeOf(png, { ...defaultLimits, maxPixels: 96 * 64 - 1 })).toBe("too-many-pixels");
    expect(await codeOf(png, { ...defaultLimits, maxPixels: 96 * 64 })).toBe("read");
  });

  it("when a few bytes claim billions of pixels", async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(60_000, 0);
    header.writeUInt32BE(60_000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const bomb = Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      makePngChunk("IHDR", header),
      makePngChunk("IDAT", deflateSync(Buffer.alloc(1_000_000))),
      makePngChunk("IEND", new Uint8Array(0)),
    ]);
    const before = process.memoryUsage().rss;
    await expect(readRgb(bomb)).rejects.toThrow("claims 60000x60000 pixels (3600 million), more than the limit of 100");
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it("when they have more frames than allowed", async () => {
    const animated = await sharp(new Uint8Array(4 * 40 * 3), {
      raw: { width: 4, height: 40, channels: 3, pageHeight: 4 },
    })
      .gif({ loop: 0, keepDuplicateFrames: true })
      .toBuffer();
    expect(await codeOf(animated, { ...defaultLimits, maxFrames: 9 })).toBe("too-many-frames");
    expect(await codeOf(animated)).toBe("read");
  });

  it.each([
    ["jpeg", () => open().jpeg()],
    ["png", () => open().png()],
    ["webp", () => open().webp()],
    ["avif", () => open().avif()],
    ["gif", () => open().gif()],
  ] as const)("when a %s is cut short, anywhere", async (_, encode) => {
    const bytes = await encode().toBuffer();
    for (const share of [0.3, 0.6, 0.9]) {
      expect(await codeOf(bytes.subarray(0, Math.floor(bytes.length * share)))).toBe("truncated-image");
    }
  });

  it("when their data is damaged", async () => {
    const png = Buffer.from(await open().png().toBuffer());
    png.fill(0x55, Math.floor(png.length / 2), Math.floor(png.length / 2) + 200);
    expect(await codeOf(png)).toBe("corrupt-image");
    const jpeg = Buffer.from(await open().jpeg().toBuffer());
    jpeg.fill(0xff, Math.floor(jpeg.length * 0.4), Math.floor(jpeg.length * 0.6));
    expect(await codeOf(jpeg)).toBe("corrupt-image");
    expect(await codeOf(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(500)]))).toMatch(
      /^(truncated|corrupt)-image$/,
    );
  });
});
