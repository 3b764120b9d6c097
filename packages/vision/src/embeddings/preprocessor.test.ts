import { encodeImage, readRgb } from "@loramill/imaging";
import { drawPicture } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { parsePreprocessor } from "./preprocessor.ts";

/** As openai/clip-vit-base-patch32 has it, and as older files say the same. */
const clip = {
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 224 },
};
const siglip = {
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  resample: 2,
  rescale_factor: 1 / 255,
  size: { height: 256, width: 256 },
};

const ramp = (width: number, height: number) => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => (Math.floor(at / 3) % width) + (at % 3) * 10),
});

describe("a preprocessor", () => {
  it("brings the shorter side to its length and cuts whole pixels off the longer one", () => {
    for (const file of [clip, { ...clip, size: 224, crop_size: 224 }]) {
      const { resized, target, kernel } = parsePreprocessor(file);
      expect({ target, kernel }).toEqual({ target: { width: 224, height: 224 }, kernel: "cubic" });
      expect(resized({ width: 640, height: 480 })).toEqual({ width: 298, height: 224 });
      expect(resized({ width: 333, height: 1000 })).toEqual({ width: 224, height: 672 });
      expect(resized({ width: 50, height: 50 })).toEqual({ width: 224, height: 224 });
    }
  });

  it("stretches to one size where the file says so: SigLIP", () => {
    const { resized, target, kernel } = parsePreprocessor(siglip);
    expect(resized({ width: 640, height: 480 })).toEqual({ width: 256, height: 256 });
    expect([target, kernel]).toEqual([{ width: 256, height: 256 }, "linear"]);
  });

  it("cuts the middle and normalises, channel by channel", () => {
    const small = { ...clip, size: { shortest_edge: 4 }, crop_size: { height: 4, width: 4 } };
    const { toValues } = parsePreprocessor(small);
    const values = toValues(ramp(9, 4));
    expect(values).toHaveLength(48);
    const at = (channel: number, x: number, y: number) => values[channel * 16 + y * 4 + x];
    // The cut begins at the second pixel: floor((9 - 4) / 2).
    expect(at(0, 0, 0)).toBeCloseTo((2 / 255 - 0.48145466) / 0.26862954, 5);
    expect(at(1, 3, 2)).toBeCloseTo((15 / 255 - 0.4578275) / 0.26130258, 5);
    expect(at(2, 1, 3)).toBeCloseTo((23 / 255 - 0.40821073) / 0.27577711, 5);
    const plain = parsePreprocessor({ ...small, do_rescale: false, do_normalize: false }).toValues(ramp(4, 4));
    expect([...plain.slice(0, 4)]).toEqual([0, 1, 2, 3]);
  });

  it("refuses what brings pictures to many sizes, and what is no such file", () => {
    for (const file of [
      { ...clip, do_center_crop: false },
      { ...clip, do_resize: false },
      { ...clip, resample: 5 },
      {},
      null,
    ]) {
      expect(() => parsePreprocessor(file)).toThrow();
    }
  });
});

/** `resize((13, 10), Image.BICUBIC)` of Pillow 9.4 for the picture below. */
const PILLOW =
  "/4Fn/3lf/3Nb82xXxmNWq2JbvV5er19lqWVth1R3NyCWHxGnHxCn/3JZ+ndaz3lehWheUGxjUWtnt3dkqGVhoGJuXTuJGAypIBGmKx2Y9nVYp71zbM99QXppPmtlPm1lal5ro3pnj19nb0lzMiGbSDmARkJt2ZNnc+OBd+qAYrd1PmlkOm1kTl1pnX1nu7xSbE5kZlN7XVZ8SEx87WxXmrdvf72EVWdtRmpkZmtktMZR3vJK2+5KpadXTkFuSEl3Pkp+7HBf0m5ct1p1nER3omhtnVhqmnZfxs5R3O1Lg4BjRD1wNj5yMUV+1mRXx2BZwmdltWhsm1djiFJjek1reFtmf3lYQ0VuSWiJMEx6Ij17w1pRvF9ds1xdqlBRi1VnflBmaENgVmd+R4mYSaGiT7GsOIGTBCFjx2ZisV1f0EYz6D8hrU1NakRdTzFTTW2CTbKuTa2qT7CrQJKdCCxqu2JiqFpfzks76j8f7j4coT08QS9WQ1FyTaaoSJCfOnKWLVuQFjl6";

describe("resizing by a named kernel", () => {
  it("gives what Pillow's bicubic gives, within six of 255 and half of one on average", async () => {
    const picture = await readRgb(await encodeImage(drawPicture(4, { width: 40, height: 30 }), "png"), {
      size: { width: 13, height: 10, fit: "fill", kernel: "cubic" },
    });
    const byPillow = Buffer.from(PILLOW, "base64");
    expect(byPillow).toHaveLength(picture.rgb.length);
    const off = [...picture.rgb].map((value, at) => Math.abs(value - (byPillow[at] as number)));
    expect(Math.max(...off)).toBeLessThanOrEqual(6);
    expect(off.reduce((sum, one) => sum + one, 0) / off.length).toBeLessThan(0.5);
  });
});
