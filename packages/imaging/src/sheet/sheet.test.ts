import { GenerationGrid, gridItem, isDrawn, type RgbImage } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { drawSheet } from "./draw-sheet.ts";
import { planSheet } from "./plan-sheet.ts";
import { wrapText } from "./wrap-text.ts";

const template = { kind: "text-to-image", model: { family: "sdxl" } };
const gridOf = (more: object) =>
  GenerationGrid.parse({ template, prompts: ["p"], negativePrompt: "", seeds: [1], strengths: [0], ...more });
const flat = (side: number, red: number): RgbImage => ({
  width: side,
  height: side,
  rgb: new Uint8Array(side * side * 3).map((_, at) => (at % 3 === 0 ? red : 0)),
});
const pixel = ({ width, rgb }: RgbImage, x: number, y: number) => [...rgb.subarray((y * width + x) * 3).slice(0, 3)];

describe("planSheet", () => {
  it("puts what varies fastest into columns and the rest into rows, each item where its labels say", () => {
    const grid = gridOf({
      prompts: ["a cat", { text: "a dog", loras: [{ lora: "ink", strength: 0.5 }] }],
      seeds: [3, 4, 5],
      axes: [{ field: "sampling.steps", values: [5, 9] }],
    });
    const { columns, rows, cells } = planSheet(grid);
    expect(columns).toEqual(["seed 3", "seed 4", "seed 5"]);
    expect(rows).toEqual([
      ["steps 5", "a cat"],
      ["steps 5", "a dog, ink 0.5"],
      ["steps 9", "a cat"],
      ["steps 9", "a dog, ink 0.5"],
    ]);
    const spec = gridItem(grid, cells[2]?.[1]?.index ?? -1);
    expect(isDrawn(spec) && [spec.prompt, spec.seed, spec.sampling.steps]).toEqual(["a cat", 4, 9]);
  });

  it("is one row for a strip, and has a label under each of many seeds or prompts", () => {
    const strip = planSheet(gridOf({ strengths: [0, 0.5, 1] }));
    expect(strip).toMatchObject({ columns: ["no LoRA", "LoRA 0.5", "LoRA 1"], rows: [[]] });
    const many = planSheet(gridOf({ seeds: Array.from({ length: 20 }, (_, seed) => seed) }));
    expect(many.cells.map((row) => row.length)).toEqual([5, 5, 5, 5]);
    expect(many.cells[1]?.[0]).toEqual({ index: 5, caption: "seed 5" });
    expect(
      planSheet(gridOf({ prompts: ["a", "b", "c"] }))
        .cells.flat()
        .map(({ caption }) => caption),
    ).toEqual(["a", "b", "c"]);
    expect(planSheet(gridOf({})).cells).toEqual([[{ index: 0, caption: null }]]);
  });

  it("shortens what names a stored file", () => {
    const image = [`sha256:${"ab".repeat(32)}`, `sha256:${"cd".repeat(32)}`];
    expect(planSheet(gridOf({ axes: [{ field: "image", values: image }] })).columns).toEqual([
      "image abababab",
      "image cdcdcdcd",
    ]);
  });
});

describe("drawSheet", () => {
  it("draws every picture at its place, enlarged to its cell, and words where there is none", async () => {
    const plan = planSheet(gridOf({ seeds: [1, 2], strengths: [0, 1] }));
    const asked: number[] = [];
    const sheet = await drawSheet(plan, async (index, side) => {
      asked.push(side);
      return index === 3 ? "refused" : flat(64, 100 + index);
    });
    expect(sheet).toMatchObject({ rows: 2, columns: 2, places: 4 });
    expect(new Set(asked)).toEqual(new Set([192]));
    const { image } = sheet;
    const at = (column: number, row: number) =>
      pixel(image, 168 + column * 200 + 96, image.height - (2 - row) * 200 + 50);
    expect([at(0, 0), at(1, 0), at(0, 1)]).toEqual([
      [100, 0, 0],
      [101, 0, 0],
      [102, 0, 0],
    ]);
    expect(at(1, 1)).toEqual([232, 228, 220]);
  });

  it("makes cells smaller where there are many, and leaves out what does not fit", async () => {
    const seeds = Array.from({ length: 200 }, (_, seed) => seed);
    const plan = planSheet(gridOf({ prompts: Array.from({ length: 100 }, (_, at) => `prompt ${at}`), seeds }));
    const { image, rows, columns, places } = await drawSheet(plan, async () => flat(4, 9));
    expect(Math.max(image.width, image.height)).toBeLessThanOrEqual(4096);
    expect([columns, rows]).toEqual([54, 56]);
    expect(places).toBe(54 * 56);
  });
});

it("wraps labels, cuts long words, and says where something is left out", () => {
  expect(wrapText("a cat on a mat", 8, 9)).toEqual(["a cat on", "a mat"]);
  expect(wrapText("abcdefghij kl", 4, 9)).toEqual(["abcd", "efgh", "ij", "kl"]);
  expect(wrapText("one two three", 5, 2)).toEqual(["one", "two.."]);
});
