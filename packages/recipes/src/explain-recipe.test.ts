import { readFileSync } from "node:fs";
import { join } from "node:path";
import { recipeFields } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { explainRecipe } from "./explain-recipe.ts";
import { presetList, presets } from "./presets/index.ts";
import { checkRecipeName, readRecipeFile } from "./recipe-file.ts";

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../test/golden", `${name}.json`), "utf8"));

describe("presets", () => {
  it.each(presetList.map(({ name }) => name))(
    "%s is as its golden file has it, with a reason for every field",
    (name) => {
      const preset = presetList.find((one) => one.name === name);
      if (preset === undefined) throw new Error(name);
      const explained = explainRecipe(preset.template, name);
      expect(Object.fromEntries(explained.map(({ field, value, why }) => [field, { value, why }]))).toEqual(
        golden(name),
      );
      expect(explained).toHaveLength(recipeFields.length);
      for (const { field, why, meaning } of explained) {
        expect(why, field).not.toBe("chosen in this recipe");
        expect(meaning.length, field).toBeGreaterThan(10);
      }
    },
  );

  it("are what their names promise", () => {
    const of = (name: keyof typeof presets) => presets[name];
    expect(of("sdxl")).toMatchObject({ resolution: 1024, rank: 32 });
    expect(of("sd15")).toMatchObject({ resolution: 512, rank: 16 });
    expect(of("fast")).toMatchObject({ resolution: 512, rank: 8, epochs: 5 });
    expect(of("high-quality")).toMatchObject({ resolution: 768, rank: 64, epochs: 20 });
    expect(of("memory-efficient")).toMatchObject({
      ...{ resolution: 512, rank: 8, alpha: 8, learningRate: 2e-4, batchSize: 1, gradientAccumulation: 8, epochs: 5 },
      ...{ mixedPrecision: "fp16", optimiser: "adamw8bit", trainTextEncoder: false },
    });
    expect(of("quality")).toMatchObject({
      ...{ resolution: 1024, rank: 32, alpha: 32, learningRate: 1e-4, batchSize: 2, gradientAccumulation: 2 },
      ...{ epochs: 15, mixedPrecision: "bf16", scheduler: "cosine", warmupSteps: 100, trainTextEncoder: true },
    });
  });
});

describe("explainRecipe", () => {
  it("says the unit, the range and the meaning beside the value", () => {
    const explained = explainRecipe(presets.sdxl, "sdxl");
    expect(explained.find(({ field }) => field === "resolution")).toEqual({
      group: "pictures",
      field: "resolution",
      value: 1024,
      unit: "pixels",
      range: "32 to 4096",
      meaning: "Side of the square training picture, or of the bucket area",
      why: "the area the base was trained at",
    });
    expect(explained.find(({ field }) => field === "optimiser")?.range).toContain("adamw, adamw8bit");
  });

  it("of somebody's own recipe tells what is theirs from what is the family's", () => {
    const explained = explainRecipe({ ...presets.sdxl, rank: 48 });
    expect(explained.find(({ field }) => field === "rank")?.why).toBe("chosen in this recipe");
    expect(explained.find(({ field }) => field === "noiseOffset")?.why).toBe("the base was trained with it");
  });
});

describe("readRecipeFile", () => {
  const file = { format: "loramill-recipe/1", name: "dogs", recipe: presets.sdxl };

  it("takes what was saved, and what an older version saved", () => {
    expect(readRecipeFile(file, "dogs.yaml")).toEqual({ ...file, description: "" });
    const { emaDecay: _new, ...older } = presets.sdxl;
    expect(readRecipeFile({ ...file, recipe: older }, "dogs.yaml").recipe.emaDecay).toBe(0);
  });

  it("names the field, the range and the near name of what is wrong", () => {
    const wrong = { ...file, recipe: { ...presets.sdxl, rank: 500, learning_rate: 1e-4 } };
    expect(() => readRecipeFile(wrong, "dogs.yaml")).toThrow(/recipe\.rank: .*\(allowed: 1 to 128\)/);
    expect(() => readRecipeFile(wrong, "dogs.yaml")).toThrow(/learning_rate: .*did you mean learningRate\?/);
    expect(() => readRecipeFile({ ...file, recipe: { ...presets.sdxl, epochs: 3 } }, "x")).toThrow(/exactly one of/);
    expect(() => readRecipeFile("text", "x")).toThrow(/not a recipe/);
  });

  it("keeps the presets' names for the presets", () => {
    expect(() => checkRecipeName("sdxl")).toThrow(/is the name of a preset/);
    checkRecipeName("dogs");
  });
});
