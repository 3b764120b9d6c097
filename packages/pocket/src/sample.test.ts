import type { PocketGeneration } from "@loramill/contracts";
import { describe, expect, test } from "vitest";
import { drawPicture, quickPicture } from "../test/fixtures.ts";
import { sample } from "./sample.ts";
import { openParts } from "./testing.ts";

const { model, graphs, tokenize } = await openParts();
const draw = (more: Partial<PocketGeneration> = {}, check = async () => {}) =>
  sample({ model, graph: graphs.denoise, tokenize, request: { ...quickPicture, ...more }, check });

const distance = (a: { rgb: Uint8Array }, b: { rgb: Uint8Array }) =>
  Math.sqrt(a.rgb.reduce((sum, value, index) => sum + (value - (b.rgb[index] ?? 0)) ** 2, 0) / a.rgb.length);

describe("a generation", { timeout: 120_000 }, () => {
  test("is the same again for the same seed and another for another", async () => {
    const first = await draw();
    expect(await draw()).toEqual(first);
    expect(distance(await draw({ seed: 6 }), first)).toBeGreaterThan(1);
  });

  test("follows its prompt, its negative prompt and its guidance", async () => {
    const request = { width: 64, height: 64, steps: 8 };
    const first = await draw(request);
    expect(distance(await draw({ ...request, prompt: "yellow star on white background" }), first)).toBeGreaterThan(20);
    expect(distance(await draw({ ...request, negativePrompt: "blue background" }), first)).toBeGreaterThan(1);
    expect(distance(await draw({ ...request, guidance: 1 }), first)).toBeGreaterThan(1);
    // With the prompt as its own negative there is nothing to be guided away from.
    const own = { ...request, negativePrompt: quickPicture.prompt };
    expect(distance(await draw({ ...own, guidance: 7 }), await draw({ ...own, guidance: 1 }))).toBeLessThan(1);
  });

  test("draws the colours that the prompt names", async () => {
    const picture = await draw({ width: 64, height: 64, steps: 20, prompt: "red circle on white background" });
    const at = (x: number, y: number) => [...picture.rgb.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
    for (const value of at(2, 2)) expect(value).toBeGreaterThan(200);
    const [red = 0, green = 0, blue = 0] = at(32, 32);
    expect(red - Math.max(green, blue)).toBeGreaterThan(80);
  });

  test.each([
    [48, 48],
    [64, 64],
    [96, 96],
    [64, 96],
    [96, 64],
    [128, 32],
  ])("comes at %i×%i", async (width, height) => {
    const picture = await draw({ width, height, steps: 1 });
    expect(picture).toMatchObject({ width, height });
    expect(picture.rgb.length).toBe(width * height * 3);
  });

  test("is refused at sizes that the model cannot draw", async () => {
    for (const width of [0, 31, 65, 136, 1024]) {
      await expect(draw({ width })).rejects.toEqual(expect.objectContaining({ errorClass: "user", code: "bad-size" }));
    }
  });

  test("from a picture keeps it at strength 0, ignores it at 1, and departs from it in between", async () => {
    const image = drawPicture(3, 64);
    const request = { width: 64, height: 64, steps: 10 };
    const at = (strength: number) => draw({ ...request, from: { image, strength } });
    expect(await at(0)).toEqual(image);
    expect(await at(1)).toEqual(await draw(request));
    const distances = [];
    for (const strength of [0.2, 0.5, 0.9]) distances.push(distance(await at(strength), image));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(distances[0]).toBeGreaterThan(1);
  });

  test("from a picture of another size or at a strength outside 0…1 is refused", async () => {
    const image = drawPicture(3, 48);
    await expect(draw({ from: { image, strength: 0.5 } })).rejects.toThrow("48×48, not 32×32");
    for (const strength of [-0.1, 1.1, Number.NaN]) {
      await expect(draw({ from: { image: drawPicture(1), strength } })).rejects.toEqual(
        expect.objectContaining({ errorClass: "user", code: "bad-strength" }),
      );
    }
  });

  test("stops between steps when the check throws", async () => {
    let steps = 0;
    const stop = draw({ steps: 50 }, async () => {
      steps += 1;
      if (steps === 3) throw new Error("enough");
    });
    await expect(stop).rejects.toThrow("enough");
    expect(steps).toBe(3);
  });
});
