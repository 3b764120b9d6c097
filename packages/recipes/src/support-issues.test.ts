import { type FieldSupport, neutralRecipe, Recipe, type RecipeSupport, recipeFields } from "@loramill/contracts";
import { expect, test } from "vitest";
import { presets } from "./presets/index.ts";
import { supportIssues } from "./support-issues.ts";

const recipe = Recipe.parse({ ...presets.sdxl, steps: 100 });
const honoured = Object.fromEntries(recipeFields.map((field) => [field, { kind: "honoured" }])) as RecipeSupport;
const issues = (support: Partial<RecipeSupport>, over: Partial<Recipe> = {}) =>
  supportIssues("box", { ...recipe, ...over }, { ...honoured, ...support });

const refused: FieldSupport = { kind: "refused", because: "it has none" };

test("a backend that honours everything has nothing to say", () => {
  expect(issues({})).toEqual([]);
});

test("what is refused, limited, done otherwise or without effect is named with the value and the reason", () => {
  expect(issues({ minSnrGamma: refused })).toEqual([
    { field: "minSnrGamma", severity: "error", message: "box cannot do 5: it has none" },
  ]);
  const limited: FieldSupport = { kind: "limited", values: ["adamw", "lion"], because: "these are built in" };
  expect(issues({ optimiser: limited })[0]).toEqual({
    field: "optimiser",
    severity: "error",
    message: "box takes adamw, lion here, not adamw8bit: these are built in",
  });
  expect(issues({ optimiser: limited }, { optimiser: "lion" })).toEqual([]);
  expect(issues({ scheduler: { kind: "translated", to: "linear" } })[0]).toEqual({
    field: "scheduler",
    severity: "warning",
    message: "box does cosine as linear",
  });
  expect(issues({ latentCaching: { kind: "no-effect", because: "it has no VAE" } })[0]?.severity).toBe("warning");
});

test("a field at its neutral value asks for nothing, so nothing is refused", () => {
  const everything = Object.fromEntries(recipeFields.map((field) => [field, refused])) as RecipeSupport;
  const named = supportIssues("box", { ...recipe, ...neutralRecipe }, everything).map(({ field }) => field);
  expect(named.filter((field) => Object.hasOwn(neutralRecipe, field))).toEqual([]);
  expect(named).toContain("rank");
});
