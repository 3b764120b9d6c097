import { describe, expect, it } from "vitest";
import { readRgb } from "./decode.ts";
import { encodePicture, type PictureEncoding } from "./encode.ts";
import { sniffFormat } from "./format.ts";
import { sharp } from "./sharp.ts";

const rgb = Uint8Array.from({ length: 32 * 24 * 3 }, (_, at) => 60 + (at % 90));
const image = { width: 32, height: 24, rgb };

describe("a finished picture", () => {
  it.each(["png", "webp", "jpeg", "avif"] as const)(
    "as %s is of that format and size, close to its pixels",
    async (format) => {
      const bytes = await encodePicture(image, { format });
      expect(sniffFormat(bytes)).toEqual({ kind: "supported", format });
      const back = await readRgb(bytes);
      expect([back.width, back.height]).toEqual([32, 24]);
      const error = back.rgb.reduce((sum, value, at) => sum + Math.abs(value - (rgb[at] as number)), 0) / rgb.length;
      expect(error).toBeLessThan(format === "png" ? 0.001 : 12);
    },
  );

  it("is without loss where that is asked for, and smaller at a lower quality", async () => {
    const lossless = await encodePicture(image, { format: "webp", lossless: true });
    expect((await readRgb(lossless)).rgb).toEqual(Buffer.from(rgb));
    for (const format of ["webp", "jpeg", "avif"] as const) {
      const [low, high] = await Promise.all([20, 95].map((quality) => encodePicture(image, { format, quality })));
      expect(low?.length, format).toBeLessThan(high?.length ?? 0);
    }
    const { chromaSubsampling } = await sharp(
      await encodePicture(image, { format: "jpeg", chroma: "4:2:0" }),
    ).metadata();
    expect(chromaSubsampling).toBe("4:2:0");
  });

  it("cannot be asked for with numbers out of their range", async () => {
    const wrong: readonly PictureEncoding[] = [
      { format: "jpeg", quality: 0 },
      { format: "webp", quality: 101 },
      { format: "avif", effort: 10 },
      { format: "png", compression: 1.5 },
    ];
    for (const encoding of wrong) {
      await expect(encodePicture(image, encoding)).rejects.toMatchObject({ code: "bad-encoding" });
    }
  });
});
