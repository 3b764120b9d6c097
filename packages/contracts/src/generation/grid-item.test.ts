import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GenerationGrid } from "./generation-grid.ts";
import { GenerationTemplate, isDrawn } from "./generation-spec.ts";
import { gridItem, gridSize, MAIN_LORA } from "./grid-item.ts";

const template = GenerationTemplate.parse({
  kind: "text-to-image",
  model: { family: "sdxl" },
  loras: [{ lora: MAIN_LORA }, { lora: "other", strength: 0.3 }],
});
const grid = (over: object = {}) =>
  GenerationGrid.parse({
    template,
    prompts: ["a cat", { text: "a boat", negativePrompt: "sea", sampling: { steps: 9 }, width: 768 }],
    negativePrompt: "blurry",
    seeds: [0, 7],
    strengths: [0, 1],
    ...over,
  });
const drawn = (given: GenerationGrid, index: number) => {
  const spec = gridItem(given, index);
  if (!isDrawn(spec)) throw new Error(`${spec.kind} has no prompt`);
  return spec;
};

describe("gridItem", () => {
  it("varies strengths fastest, then seeds, then prompts, then axes from the last to the first", () => {
    const given = grid({
      axes: [
        { field: "sampling.sampler", values: ["euler", "heun"] },
        { field: "sampling.guidance", values: [3, 7] },
      ],
    });
    expect(gridSize(given)).toBe(32);
    const told = Array.from({ length: 32 }, (_, index) => {
      const { sampling, prompt, seed, loras } = drawn(given, index);
      return [sampling.sampler, sampling.guidance, prompt, seed, loras.length - 1].join(" ");
    });
    expect(told.slice(0, 5)).toEqual([
      "euler 3 a cat 0 0",
      "euler 3 a cat 0 1",
      "euler 3 a cat 7 0",
      "euler 3 a cat 7 1",
      "euler 3 a boat 0 0",
    ]);
    expect(told[8]).toBe("euler 7 a cat 0 0");
    expect(told[16]).toBe("heun 3 a cat 0 0");
    expect(new Set(told).size).toBe(32);
  });

  it("gives the main LoRA the strength of the batch, and leaves the others as they are", () => {
    expect(drawn(grid(), 0).loras).toEqual([{ lora: "other", strength: 0.3 }]);
    expect(drawn(grid(), 1).loras).toEqual([
      { lora: MAIN_LORA, strength: 1 },
      { lora: "other", strength: 0.3 },
    ]);
  });

  it("takes what a prompt says of itself over the template", () => {
    expect(drawn(grid(), 0)).toMatchObject({ negativePrompt: "blurry", sampling: {} });
    expect(drawn(grid(), 4)).toMatchObject({ negativePrompt: "sea", sampling: { steps: 9 }, width: 768 });
  });

  it("repeats a request that takes no prompt over its axes alone", () => {
    const upscale = GenerationTemplate.parse({ kind: "upscale", image: "x" });
    const given = grid({ template: upscale, prompts: [""], seeds: [1], strengths: [1] });
    const all = { ...given, axes: [{ field: "image", values: ["a", "b"] }] };
    expect([0, 1].map((index) => gridItem(all, index))).toMatchObject([{ image: "a" }, { image: "b" }]);
  });

  it("names the axis whose value a field cannot take, and has nothing outside", () => {
    const odd = grid({ axes: [{ field: "sampling.steps", values: [10, 1000] }] });
    expect(() => gridItem(odd, 8)).toThrow(/^generate\.vary\.sampling\.steps: /);
    expect(() => gridItem(grid(), 8)).toThrow(RangeError);
    expect(() => gridItem(grid(), -1)).toThrow(RangeError);
  });

  it("gives every combination once", () => {
    const counts = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(counts, counts, counts, counts, (prompts, seeds, strengths, values) => {
        const list = (length: number) => Array.from({ length }, (_, at) => at);
        const given = grid({
          prompts: list(prompts).map((at) => `p${at}`),
          seeds: list(seeds),
          strengths: list(strengths).map((at) => 0.5 + at / 10),
          axes: [{ field: "sampling.steps", values: list(values).map((at) => at + 1) }],
        });
        const all = list(gridSize(given)).map((index) => JSON.stringify(gridItem(given, index)));
        expect(new Set(all).size).toBe(prompts * seeds * strengths * values);
      }),
      { numRuns: 40 },
    );
  });
});
