import { neutralRecipe, type Recipe, type TrainerName } from "@loramill/contracts";
import { presets, supportIssues } from "@loramill/recipes";
import * as fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import { type TrainingPlace, trainerAdapters } from "../src/index.ts";
import { AiToolkitJob } from "./rules/ai-toolkit-rules.ts";
import { anyRecipe, oddRecipes, plain, recipeOf } from "./rules/any-recipe.ts";
import { SdScriptsDataset, SdScriptsPrompts, SdScriptsTrain } from "./rules/sd-scripts-rules.ts";
import { SimpleTunerBackends, SimpleTunerConfig, SimpleTunerPrompts } from "./rules/simpletuner-rules.ts";

const placeOf = (recipe: Recipe): TrainingPlace => ({
  work: "/job/work",
  images: "/job/images",
  regularisation: recipe.regularisation === null ? null : "/job/regularisation",
  output: "/job/output",
  resume: "/job/resume",
  trainer: "/opt/trainer",
  python: "/opt/python",
  models: Object.fromEntries(
    ["base", "clip_l", "clip_g", "t5xxl", "ae"].map((role) => [role, `/models/${role}.safetensors`]),
  ),
});

/** By the name of the file that a trainer reads it from. */
function rulesOf(trainer: TrainerName, { family }: Recipe): Readonly<Record<string, z.ZodType | undefined>> {
  switch (trainer) {
    case "ai-toolkit":
      return { "config.yaml": AiToolkitJob };
    case "sd-scripts":
      return {
        "train.toml": SdScriptsTrain[family],
        "dataset.toml": SdScriptsDataset,
        "prompts.json": SdScriptsPrompts,
      };
    case "simpletuner":
      return {
        "config.json": SimpleTunerConfig,
        "multidatabackend.json": SimpleTunerBackends,
        "prompts.json": SimpleTunerPrompts,
      };
  }
}

/** What is wrong with the files of a training, begun and gone on with, in sentences; null where the adapter does not take the recipe. */
function problemsOf(trainer: TrainerName, recipe: Recipe, change: (file: unknown) => unknown = (file) => file) {
  const adapter = trainerAdapters[trainer];
  const issues = [...supportIssues(trainer, recipe, adapter.support), ...adapter.check(recipe)];
  if (!adapter.families.includes(recipe.family) || issues.some(({ severity }) => severity === "error")) return null;
  const rules = rulesOf(trainer, recipe);
  const place = placeOf(recipe);
  const files = ["lora-step00000250.safetensors", "lora-step00000250-state/train_state.json"];
  const commands = [null, { step: 250, files }].map((resume) => adapter.command({ recipe, place, resume }));
  const written = commands.flatMap(({ files }) => files).filter(({ path }) => path.startsWith(place.work));
  return written.flatMap(({ path, text }) => {
    const name = path.slice(place.work.length + 1);
    const rule = rules[name];
    if (rule === undefined) return [`no rule is known for ${path}`];
    const read = name.endsWith("yaml") ? parseYaml(text) : name.endsWith("toml") ? parseToml(text) : JSON.parse(text);
    const issues = rule.safeParse(change(read)).error?.issues ?? [];
    return issues.map((issue) => `${name}: ${issue.path.join(".")}: ${issue.message}`);
  });
}

const trainers = Object.keys(trainerAdapters) as TrainerName[];

describe.each(trainers)("what %s is given", (trainer) => {
  const families = trainerAdapters[trainer].families;

  it("keeps the trainer's rules for every preset and family", () => {
    const recipes = [neutralRecipe, ...Object.values(presets)].flatMap((preset) =>
      families.map((family) => recipeOf(preset, { family, scheduler: "constant", mixedPrecision: "bf16" })),
    );
    const checked = recipes.map((recipe) => problemsOf(trainer, recipe)).filter((problems) => problems !== null);
    expect(checked.length).toBeGreaterThan(families.length);
    expect(checked.flat()).toEqual([]);
  });

  it("keeps them for odd values of every field, with and without samples", () => {
    const drawing = { samplePrompts: ['a "b" --w 64\n--n x', "$(id)"], sampleEverySteps: 10 };
    const recipes = [...oddRecipes, { ...plain, ...drawing }];
    const checked = recipes.map((recipe) => problemsOf(trainer, recipe)).filter((problems) => problems !== null);
    expect(checked.length).toBeGreaterThan(20);
    expect(checked.flat()).toEqual([]);
  });

  it("keeps them for any recipe that it takes", () => {
    let taken = 0;
    const check = (recipe: Recipe) => {
      const problems = problemsOf(trainer, recipe);
      taken += problems === null ? 0 : 1;
      expect(problems ?? []).toEqual([]);
    };
    fc.assert(fc.property(anyRecipe, check), { numRuns: 1_500, seed: 4 });
    expect(taken).toBeGreaterThan(50);
  });

  it("would be found out with a key that the trainer does not know", () => {
    const more = (file: unknown) => (Array.isArray(file) ? [{}, ...file] : { ...(file as object), never_heard_of: 1 });
    expect(problemsOf(trainer, plain)).toEqual([]);
    expect(problemsOf(trainer, plain, more)?.length).toBeGreaterThan(0);
  });
});
