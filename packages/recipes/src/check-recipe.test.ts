import { Recipe, type RecipeTemplate } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { checkRecipe } from "./check-recipe.ts";
import { families } from "./families/index.ts";
import { presets } from "./presets/index.ts";

const resolved = ({ epochs: _epochs, ...template }: RecipeTemplate, over: Partial<Recipe> = {}): Recipe =>
  Recipe.parse({ ...template, steps: template.steps ?? 500, ...over });

describe("checkRecipe", () => {
  const fields = (over: Partial<Recipe>, images?: number, base: RecipeTemplate = presets.pocket) =>
    checkRecipe(resolved(base, over), images === undefined ? {} : { images }).map(
      ({ field, severity }) => `${severity} ${field}`,
    );
  const say = (over: Partial<Recipe>, base: RecipeTemplate) => checkRecipe(resolved(base, over))[0]?.message;

  it.each(Object.entries(presets))("has nothing to say about the preset %s", (_, template) => {
    expect(checkRecipe(resolved(template), { images: 20 })).toEqual([]);
  });

  it("refuses what cannot be trained", () => {
    expect(fields({ resolution: 60 })).toEqual(["error resolution"]);
    expect(fields({}, 0)).toEqual(["error dataset"]);
  });

  it("warns of what usually fails", () => {
    expect(fields({ learningRate: 0.2 })).toEqual(["warning learningRate"]);
    expect(fields({ warmupSteps: 200 })).toEqual(["warning warmupSteps"]);
    expect(fields({ alpha: 64 })).toEqual(["warning alpha", "warning learningRate"]);
    expect(fields({}, 2000)).toEqual(["warning steps"]);
    expect(fields({ steps: 50_000 }, 5)).toEqual(["warning steps"]);
  });

  it("names what is allowed and the likely mistake", () => {
    expect(say({ learningRate: 1e-3 }, presets.flux)).toContain("was 0.0001 meant?");
    expect(say({ alpha: 32, rank: 8 }, presets.sd15)).toContain("were alpha and rank swapped?");
    expect(say({ resolution: 1000 }, presets.sdxl)).toContain("a multiple of 64 from 512 to 2048; the closest is 1024");
    expect(say({ baseModel: "black-forest-labs/FLUX.1-dev" }, presets.sdxl)).toContain("is a model of the family flux");
    expect(say({ optimiser: "prodigy" }, presets.sdxl)).toContain("write 1");
    expect(say({ targetModules: ["atention"] }, presets.sdxl)).toContain("take of attention, feedforward");
  });

  it("refuses settings that undo one another", () => {
    const sdxl = (over: Partial<Recipe>) => fields(over, undefined, presets.sdxl);
    expect(sdxl({ colourJitter: true })).toEqual(["error latentCaching"]);
    expect(sdxl({ textCaching: "disk" })).toEqual(["error textCaching"]);
    expect(sdxl({ trainTextEncoder: true })).toEqual(["error textEncoderLearningRate"]);
    expect(sdxl({ bucketMaxSide: 512 })).toEqual(["error bucketMaxSide"]);
    expect(sdxl({ targetModules: ["convolution"] })).toEqual(["error convRank"]);
    expect(sdxl({ convRank: 8 })).toEqual(["error convAlpha"]);
    expect(sdxl({ timestepSampling: "shift" })).toEqual(["error timestepSampling"]);
    expect(sdxl({ guidance: 1 })).toEqual(["error guidance"]);
  });

  it("keeps what belongs to other families away from flow matching, and pairs together", () => {
    expect(fields({ minSnrGamma: 5 }, undefined, presets.flux)).toEqual(["error minSnrGamma"]);
    expect(fields({ convRank: 4, convAlpha: 4 }, undefined, presets.flux)).toEqual(["error convRank"]);
    expect(fields({ trainTextEncoder: true }, undefined, presets.wan22)).toEqual(["error trainTextEncoder"]);
    expect(fields({ experts: null }, undefined, presets.wan22)).toEqual(["error experts"]);
    expect(fields({ experts: { high: null, low: null, boundary: 0.9 } }, undefined, presets.wan22)).toEqual([
      "error experts",
    ]);
    expect(fields({ experts: { high: {}, low: null, boundary: 0.9 } }, undefined, presets.flux)).toEqual([
      "error experts",
    ]);
  });
});

describe("families", () => {
  it.each(Object.entries(families))("%s takes its own sides and target modules", (_, family) => {
    const { step, least, most, usual } = family.sides;
    expect([least % step, most % step, usual % step]).toEqual([0, 0, 0]);
    for (const target of family.usualTargets) expect(Object.keys(family.targetModules)).toContain(target);
  });
});
