import type { Recipe } from "@loramill/contracts";
import { presets, supportIssues } from "@loramill/recipes";
import { describe, expect, it } from "vitest";
import { recipe } from "../../test/comfyui-setup.ts";
import { supportFor } from "./recipe-support.ts";
import { trainSettings, valueIssues } from "./train-settings.ts";

const issuesOf = (given: Recipe) => [...supportIssues("ComfyUI", given, supportFor(given)), ...valueIssues(given)];
const errorsOf = (given: Recipe) => issuesOf(given).filter(({ severity }) => severity === "error");
const presetOf = (name: keyof typeof presets): Recipe => {
  const { epochs: _epochs, ...template } = { epochs: undefined, ...presets[name] };
  return { steps: 1000, ...template } as Recipe;
};

describe("what ComfyUI makes of a recipe", () => {
  it("has nothing to tell about one that says what it does anyway", () => {
    expect(issuesOf(recipe)).toEqual([]);
  });

  it.each(["sd15", "sdxl", "sd3", "flux", "fast", "high-quality", "memory-efficient"] as const)(
    "trains the preset %s, and says what it does in its own way",
    (name) => {
      expect(errorsOf(presetOf(name))).toEqual([]);
      const told = issuesOf(presetOf(name)).map(({ field }) => field);
      expect(told).toEqual(expect.arrayContaining(["alpha", "optimiser", "saveEverySteps"]));
    },
  );

  it("refuses what it cannot do, by field", () => {
    const refused: Partial<Recipe> = {
      trainTextEncoder: true,
      targetModules: ["attention"],
      optimiser: "prodigy",
      networkDropout: 0.1,
      baseQuantisation: "nf4",
      gpus: 2,
      steps: 200_000,
    };
    for (const [field, value] of Object.entries(refused)) {
      expect(errorsOf({ ...recipe, [field]: value }).map((issue) => issue.field)).toEqual([field]);
    }
    expect(errorsOf({ ...recipe, family: "wan22" }).map(({ field }) => field)).toEqual(["family"]);
    expect(errorsOf({ ...recipe, baseQuantisation: "fp8" }).map(({ field }) => field)).toEqual(["baseQuantisation"]);
    expect(errorsOf({ ...recipe, alpha: 64, learningRate: 0.5 }).map(({ field }) => field)).toEqual(["learningRate"]);
    expect(errorsOf({ ...recipe, buckets: false, resolution: 500 }).map(({ field }) => field)).toEqual(["resolution"]);
  });

  it("trains alpha 1 at the rate times the root of alpha", () => {
    expect(trainSettings({ ...recipe, alpha: 16, learningRate: 1e-4 }).learningRate).toBe(4e-4);
    expect(trainSettings(recipe).learningRate).toBe(recipe.learningRate);
  });
});
