import { drawPicture, mirrorPicture, seededRandom } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { flipImage, jitterColours, planAugmentation, randomCrop } from "./augment.ts";

const picture = drawPicture(2, { width: 61, height: 40 });
const pixel = (...rgb: number[]) => ({ width: 1, height: 1, rgb: Uint8Array.from(rgb) });

describe("augmentation", () => {
  it("is the same under the same seed, and has kohya's chances", () => {
    const plan = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 4000 }, () => planAugmentation({ flip: true, colour: true }, random));
    };
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
    const all = plan(7);
    const share = (test: (one: (typeof all)[number]) => boolean) => all.filter(test).length / all.length;
    expect(share(({ flip }) => flip)).toBeCloseTo(0.5, 1);
    expect(share(({ colour }) => colour.kind === "hue")).toBeCloseTo(0.165, 1);
    expect(share(({ colour }) => colour.kind === "gamma")).toBeCloseTo(0.165, 1);
    for (const { colour } of all) {
      if (colour.kind === "hue") expect(Math.abs(colour.shift)).toBeLessThanOrEqual(8);
      if (colour.kind === "gamma") expect(Math.abs(colour.gamma - 1)).toBeLessThanOrEqual(0.05);
    }
  });

  it("does nothing that is switched off, and draws as many numbers", () => {
    const [on, off] = [seededRandom(3), seededRandom(3)];
    for (let n = 0; n < 50; n++) {
      planAugmentation({ flip: true, colour: true }, on);
      expect(planAugmentation({ flip: false, colour: false }, off)).toEqual({ flip: false, colour: { kind: "none" } });
    }
    expect(on()).toBe(off());
  });

  it("mirrors", () => {
    expect(flipImage(picture)).toEqual(mirrorPicture(picture));
    expect(flipImage(flipImage(picture))).toEqual(picture);
  });

  it("crops at every place that fits, the last ones too", () => {
    const random = seededRandom(1);
    const places = new Set<string>();
    for (let n = 0; n < 400; n++) {
      const { image, window } = randomCrop(picture, { width: 59, height: 39 }, random);
      places.add(`${window.left} ${window.top}`);
      expect(image.rgb.subarray(0, 3)).toEqual(
        picture.rgb.subarray((window.top * 61 + window.left) * 3).subarray(0, 3),
      );
    }
    expect([...places].sort()).toEqual(["0 0", "0 1", "1 0", "1 1", "2 0", "2 1"]);
    expect(() => randomCrop(picture, { width: 62, height: 1 }, random)).toThrow(RangeError);
  });

  it("raises raw levels to kohya's gamma", () => {
    expect([...jitterColours(pixel(0, 1, 100), { kind: "gamma", gamma: 1.05 }).rgb]).toEqual([0, 1, 125]);
    expect([...jitterColours(pixel(255, 200, 10), { kind: "gamma", gamma: 0.95 }).rgb]).toEqual([193, 153, 8]);
    expect(jitterColours(picture, { kind: "none" })).toBe(picture);
  });

  it("turns hues and keeps greys, saturation and brightness", () => {
    expect([...jitterColours(pixel(200, 100, 0), { kind: "hue", shift: 0 }).rgb]).toEqual([200, 100, 0]);
    expect([...jitterColours(pixel(77, 77, 77), { kind: "hue", shift: 8 }).rgb]).toEqual([77, 77, 77]);
    // 16 degrees from red towards yellow, and from red towards magenta.
    expect([...jitterColours(pixel(255, 0, 0), { kind: "hue", shift: 8 }).rgb]).toEqual([255, 68, 0]);
    expect([...jitterColours(pixel(255, 0, 0), { kind: "hue", shift: -8 }).rgb]).toEqual([255, 0, 68]);
    const there = jitterColours(picture, { kind: "hue", shift: 5 });
    const back = jitterColours(there, { kind: "hue", shift: -5 });
    const off = back.rgb.map((level, at) => Math.abs(level - (picture.rgb[at] as number)));
    expect(Math.max(...off)).toBeLessThanOrEqual(4);
  });
});
