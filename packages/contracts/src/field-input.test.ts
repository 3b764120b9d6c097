import { expect, test } from "vitest";
import { inputOfField, recipeFields } from "./index.ts";

test("every field of a recipe is asked for as what it takes", () => {
  expect(inputOfField("rank")).toEqual({ kind: "number", isWhole: true, least: 1, most: 128 });
  expect(inputOfField("learningRate")).toMatchObject({ kind: "number", isWhole: false, most: 1 });
  expect(inputOfField("epochs")).toMatchObject({ kind: "number", isWhole: true });
  expect(inputOfField("mixedPrecision")).toEqual({ kind: "choice", options: ["fp32", "fp16", "bf16"] });
  expect(inputOfField("buckets")).toEqual({ kind: "switch" });
  expect(inputOfField("triggerWord")).toEqual({ kind: "text" });
  expect(inputOfField("samplePrompts")).toEqual({ kind: "texts" });
  expect(recipeFields.filter((field) => inputOfField(field).kind === "json")).toEqual([
    "experts",
    "optimiserArgs",
    "regularisation",
  ]);
});
