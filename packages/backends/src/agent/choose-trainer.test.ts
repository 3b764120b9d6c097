import { type Recipe, recipeFields } from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import { describe, expect, it } from "vitest";
import { bestSupport, chooseTrainer } from "./choose-trainer.ts";

const all = ["ai-toolkit", "sd-scripts", "simpletuner"] as const;
const recipe = (name: keyof typeof presets, over: Partial<Recipe> = {}): Recipe => {
  const { epochs: _epochs, ...rest } = presets[name];
  return { ...rest, steps: rest.steps ?? 1_000, ...over };
};

describe("chooseTrainer", () => {
  it("takes sd-scripts for the older families, and what stands first for the others", () => {
    expect(chooseTrainer(recipe("sdxl"), all)?.adapter.name).toBe("sd-scripts");
    expect(chooseTrainer(recipe("flux"), all)?.adapter.name).toBe("ai-toolkit");
    expect(chooseTrainer(recipe("sdxl"), ["ai-toolkit"])?.adapter.name).toBe("ai-toolkit");
  });

  it("takes another when the first cannot do a field, and says what the best of them cannot", () => {
    expect(chooseTrainer(recipe("sdxl", { emaDecay: 0.99 }), all)?.adapter.name).toBe("ai-toolkit");
    const { issues } = chooseTrainer(recipe("sdxl", { emaDecay: 0.99, networkDropout: 0.1 }), all) ?? { issues: [] };
    const errors = issues.filter(({ severity }) => severity === "error").map(({ field }) => field);
    expect(errors).toEqual(["emaDecay"]);
  });

  it("has none for a family that no trainer knows", () => {
    expect(chooseTrainer(recipe("pocket"), all)).toBeNull();
  });
});

describe("bestSupport", () => {
  it("has the most that any trainer makes of each field", () => {
    const support = bestSupport(all);
    expect(Object.keys(support).sort()).toEqual([...recipeFields].sort());
    expect(support.emaDecay.kind).toBe("honoured");
    expect(support.experts.kind).toBe("refused");
    expect(bestSupport(["sd-scripts"]).emaDecay.kind).toBe("refused");
  });
});
