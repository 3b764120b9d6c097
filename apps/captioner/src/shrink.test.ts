import { encodeImage, readRgb } from "@loramill/imaging";
import { drawPicture } from "@loramill/testkit";
import { expect, it } from "vitest";
import { shrink } from "./shrink.ts";

const draw = (width: number, height: number) => encodeImage(drawPicture(1, { width, height }), "png");

it("sends pictures of up to a megapixel as they were prepared, and larger ones as smaller JPEGs", async () => {
  const small = { bytes: await draw(1024, 768), mediaType: "image/png" };
  expect(await shrink(small, { width: 1024, height: 768 })).toBe(small);
  const large = { bytes: await draw(1600, 1200), mediaType: "image/png" };
  const sent = await shrink(large, { width: 1600, height: 1200 });
  expect(sent.mediaType).toBe("image/jpeg");
  expect(await readRgb(sent.bytes)).toMatchObject({ width: 1024, height: 768 });
});
