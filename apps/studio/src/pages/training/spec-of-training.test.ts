import { neutralRecipe, RecipeTemplate, RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { mergedRecipe, readRecipe, specOfTraining, type TrainingForm } from "./spec-of-training.ts";

const form: TrainingForm = {
  name: "toys",
  source: { type: "dataset", dataset: "toys@3f9a" },
  triggerWord: "zorb",
  className: "",
  preset: "sdxl",
  recipe: {},
  backend: "auto",
  gpu: "",
  budgetUsd: "",
};

test("a dataset is trained on as it is, with a preset and nothing else that was not said", () => {
  const spec = specOfTraining(form);
  expect(spec.caption).toEqual({ triggerWord: "zorb" });
  expect(spec.train).toEqual({ preset: "sdxl" });
  expect(spec.dataset).toMatchObject({ sources: [form.source], cleaning: { blurred: "keep" } });
  expect(RunSpec.safeParse(spec).success).toBe(true);
});

test("changed fields, a backend, a rented GPU and a budget are said", () => {
  const spec = specOfTraining(
    { ...form, recipe: { rank: "16", optimiser: "lion" }, backend: "agent", gpu: "RTX4090", budgetUsd: "2.5" },
    "cats",
  );
  expect(spec).toMatchObject({ project: "cats", budgetUsd: 2.5 });
  expect(spec.train).toEqual({
    preset: "sdxl",
    backend: "agent",
    recipe: { rank: 16, optimiser: "lion" },
    mode: "cloud",
    compute: { gpu_type: "RTX4090" },
  });
});

test("every kind of field is read as what it is, and what cannot be read is left for the check to name", () => {
  expect(
    readRecipe({
      learningRate: "1e-4",
      buckets: "true",
      samplePrompts: "a zorb\n\n two ",
      optimiserArgs: '{"weight_decay":0.01}',
      triggerWord: " ",
      rank: "many",
      experts: "{",
    }),
  ).toEqual({
    learningRate: 0.0001,
    buckets: true,
    samplePrompts: ["a zorb", "two"],
    optimiserArgs: { weight_decay: 0.01 },
    triggerWord: null,
    rank: "many",
    experts: "{",
  });
});

test("steps that are typed take the place of a preset's epochs", () => {
  const template = RecipeTemplate.parse({
    ...neutralRecipe,
    family: "pocket",
    baseModel: "pocket",
    rank: 8,
    alpha: 8,
    learningRate: 0.01,
    scheduler: "linear",
    epochs: 5,
    batchSize: 1,
    resolution: 64,
    saveEverySteps: 50,
    seed: 1,
  });
  expect(mergedRecipe(template, { rank: "4" })).toMatchObject({ epochs: 5, rank: 4 });
  expect(mergedRecipe(template, { steps: "300" })).toMatchObject({ steps: 300 });
  expect(mergedRecipe(template, { steps: "300" })).not.toHaveProperty("epochs");
  expect(mergedRecipe(template, { rank: "4000" })).toBeNull();
});
