import { RunSpec } from "@loramill/contracts";
import { expect, test } from "vitest";
import { readSpec, writeSpec } from "./read-spec.ts";
import { specOfForm } from "./spec-of-form.ts";

const form = {
  source: { type: "folder", path: "/photos/dog" },
  name: "dog",
  project: "",
  triggerWord: "sks dog",
  className: "dog",
  prompts: "",
  budgetUsd: "",
} as const;

test("the form makes a spec that the API takes, with prompts of its own where none are given", () => {
  const spec = specOfForm(form);
  expect(RunSpec.safeParse(spec).success).toBe(true);
  expect(spec.generate?.prompts).toEqual(["a photo of sks dog"]);
  expect(specOfForm({ ...form, prompts: "a\n\n b ", budgetUsd: "2.5" })).toMatchObject({
    generate: { prompts: ["a", "b"] },
    budgetUsd: 2.5,
  });
});

test("what is written as YAML is read again as it was", () => {
  const spec = specOfForm(form);
  expect(readSpec(writeSpec(spec))).toEqual({ spec, problems: [] });
});

test("everything that is wrong is told by its field", () => {
  const { problems } = readSpec(
    "name: dog\ndataset: { sources: [{ type: folder }] }\ntrain: { recipe: { rank: 4000 } }",
  );
  expect(problems.map(({ field }) => field)).toEqual(["dataset.sources.0.path", "train.recipe.rank"]);
  expect(readSpec("a: [").problems[0]?.message).toMatch(/not YAML/);
});
