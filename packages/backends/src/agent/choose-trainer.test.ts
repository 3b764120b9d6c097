import { type KnownModel, type Recipe, recipeFields } from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import { describe, expect, it } from "vitest";
import { bestSupport, chooseTrainer } from "./choose-trainer.ts";

const all = ["ai-toolkit", "sd-scripts", "simpletuner"] as const;
const recipe = (name: keyof typeof presets, over: Partial<Recipe> = {}): Recipe => {
  const { epochs: _epochs, ...rest } = presets[name];
  return { ...rest, steps: rest.steps ?? 1_000, ...over };
};

const stored = { sha256: "a".repeat(64), bytes: 1 };
const fluxDev = (...paths: string[]): KnownModel => ({
  id: "black-forest-labs/FLUX.1-dev",
  family: "flux",
  files: paths.map((path) => ({ path, stored })),
});
const encoders = (isPulled: boolean): KnownModel => ({
  id: "comfyanonymous/flux_text_encoders",
  family: "flux",
  files: ["clip_l.safetensors", "t5xxl_fp16.safetensors"].map((path) => ({ path, stored: isPulled ? stored : null })),
});

describe("chooseTrainer", () => {
  it("takes sd-scripts for the older families, and what stands first for the others", () => {
    expect(chooseTrainer(recipe("sdxl"), all)?.adapter.name).toBe("sd-scripts");
    expect(chooseTrainer(recipe("flux"), all)?.adapter.name).toBe("ai-toolkit");
    expect(chooseTrainer(recipe("sdxl"), ["ai-toolkit"])?.adapter.name).toBe("ai-toolkit");
  });

  it("takes another when the first cannot do a field, and says what the best of them cannot", () => {
    expect(chooseTrainer(recipe("sdxl", { emaDecay: 0.99 }), all)?.adapter.name).toBe("ai-toolkit");
    const { issues } = chooseTrainer(recipe("sdxl", { emaDecay: 0.99, moduleDropout: 0.1 }), all) ?? { issues: [] };
    const errors = issues.filter(({ severity }) => severity === "error").map(({ field }) => field);
    expect(errors).toEqual(["emaDecay"]);
  });

  it("lets sd-scripts train flux when its files are in the store, its own first, then those of the family", () => {
    const models = [fluxDev("flux1-dev.safetensors", "ae.safetensors"), encoders(true)];
    const { adapter, files, issues } = chooseTrainer(recipe("flux", { emaDecay: 0 }), ["sd-scripts"], models) ?? {};
    expect(adapter?.name).toBe("sd-scripts");
    expect(issues?.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(files?.map(({ role, path }) => `${role} ${path}`)).toEqual([
      "base flux1-dev.safetensors",
      "ae ae.safetensors",
      "clip_l clip_l.safetensors",
      "t5xxl t5xxl_fp16.safetensors",
    ]);
    expect(chooseTrainer(recipe("flux"), all, models)).toMatchObject({ adapter: { name: "ai-toolkit" }, files: [] });
  });

  it("names the commands that bring what is missing, and keeps what an entry lists already", () => {
    const said = (models: readonly KnownModel[]) =>
      chooseTrainer(recipe("flux"), ["sd-scripts"], models)?.issues.find(({ field }) => field === "baseModel")?.message;
    expect(said([])).toBe(
      "sd-scripts trains flux from single files, and of black-forest-labs/FLUX.1-dev the store has no base, ae, clip_l, t5xxl: run `loramill models add black-forest-labs/FLUX.1-dev --family flux --file flux1-dev.safetensors --file ae.safetensors --pull` and `loramill models add comfyanonymous/flux_text_encoders --family flux --file clip_l.safetensors --file t5xxl_fp16.safetensors --pull`",
    );
    expect(said([fluxDev("flux1-dev.safetensors"), encoders(false)])).toContain(
      "no ae, clip_l, t5xxl: run `loramill models pull comfyanonymous/flux_text_encoders` and `loramill models add black-forest-labs/FLUX.1-dev --family flux --file flux1-dev.safetensors --file ae.safetensors --pull`",
    );
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
    expect(support.experts.kind).toBe("honoured");
    expect(bestSupport(["sd-scripts", "simpletuner"]).experts.kind).toBe("refused");
    expect(bestSupport(["sd-scripts"]).emaDecay.kind).toBe("refused");
  });
});
