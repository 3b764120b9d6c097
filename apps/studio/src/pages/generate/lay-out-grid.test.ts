import { GenerationGrid, gridItem } from "@loramill/contracts";
import { expect, test } from "vitest";
import { layOutGrid } from "./lay-out-grid.ts";

const grid = GenerationGrid.parse({
  template: { kind: "text-to-image", model: { family: "pocket" }, loras: [{ lora: "main" }] },
  ...{ prompts: ["cat", "dog"], negativePrompt: "", seeds: [3, 5], strengths: [0, 1] },
  axes: [{ field: "sampling.steps", values: [4, 8] }],
});

test("what varies fastest is in the columns, every combination of the others in a row", () => {
  const layout = layOutGrid(grid, "");
  expect(layout?.columns).toEqual(["no LoRA", "strength 1"]);
  expect(layout?.choices).toEqual(["strength", "seed", "prompt", "steps"]);
  expect(layout?.rows.map(({ label }) => label)).toEqual([
    "steps 4 · cat · seed 3",
    "steps 4 · cat · seed 5",
    "steps 4 · dog · seed 3",
    "steps 4 · dog · seed 5",
    "steps 8 · cat · seed 3",
    "steps 8 · cat · seed 5",
    "steps 8 · dog · seed 3",
    "steps 8 · dog · seed 5",
  ]);
});

test("whatever is in the columns, each item lies where its labels say", () => {
  for (const inColumns of ["strength", "seed", "prompt", "steps"]) {
    const layout = layOutGrid(grid, inColumns);
    const seen = new Set<number>();
    for (const { label, items } of layout?.rows ?? []) {
      for (const [at, index] of items.entries()) {
        seen.add(index);
        const told = `${label} · ${layout?.columns[at]}`;
        const item = gridItem(grid, index);
        if (!("prompt" in item)) throw new Error(item.kind);
        expect(told).toContain(item.prompt);
        expect(told).toContain(`seed ${item.seed}`);
        expect(told).toContain(`steps ${item.sampling.steps}`);
        expect(told).toContain(item.loras.length === 0 ? "no LoRA" : "strength 1");
      }
    }
    expect(seen.size).toBe(16);
  }
});

test("a single picture needs no grid", () => {
  expect(layOutGrid({ ...grid, prompts: ["cat"], seeds: [1], strengths: [1], axes: [] }, "")).toBeNull();
});
