import { expect, test } from "vitest";
import { yamlLine } from "./yaml-line.ts";

const TEXT = `name: dog
dataset:
  sources:
    - { type: folder, path: /photos }
    - type: folder
train:
  recipe: { rank: 4000 }
`;

test("a field is found at its line, or at what is nearest around it", () => {
  const lines = ["name", "dataset.sources.0.path", "dataset.sources.1.path", "train.recipe.rank", "train.preset"];
  expect(lines.map((field) => yamlLine(TEXT, field))).toEqual([1, 4, 5, 7, 6]);
});

test("what is nowhere has no line", () => {
  expect([yamlLine(TEXT, "generate.prompts"), yamlLine("", "name"), yamlLine("a: [", "b")]).toEqual([null, null, null]);
});
