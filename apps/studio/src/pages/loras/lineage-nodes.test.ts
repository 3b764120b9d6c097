import type { LoraLineage } from "@loramill/contracts";
import { expect, test } from "vitest";
import { lineageNodes } from "./lineage-nodes.ts";

const link = (name: string, version = 1) => ({ id: `lor_${name}`, name, version, document: `document of ${name}` });
const lineage = (part: Partial<LoraLineage>): LoraLineage => ({
  lora: link("self"),
  weights: [],
  source: "trained",
  training: null,
  made: null,
  from: [],
  became: [],
  generations: { count: 0, runs: [] },
  ...part,
});
const edges = (part: Partial<LoraLineage>) => lineageNodes(lineage(part)).map(({ title, needs }) => [title, ...needs]);

test("a trained LoRA comes from pictures, captions and a recipe, and pictures were drawn with it", () => {
  const training = {
    run: "run_1",
    backend: "pocket",
    dataset: { digest: "d", name: "toys", version: 2 },
    captions: "0123456789",
    recipe: { family: "pocket", rank: 8 },
    images: 20,
    steps: 100,
    finalLoss: 0.1,
    computeSeconds: 30,
    deviations: [],
  };
  const generations = { count: 4, runs: [{ run: "run_2", count: 4 }] };
  expect(edges({ training, generations })).toEqual([
    ["toys"],
    ["captions", "pictures"],
    ["recipe"],
    ["training on pocket", "captions", "recipe"],
    ["self v1", "training"],
    ["4 pictures", "self"],
  ]);
});

test("a merged LoRA comes from those that went in, also from one that the library lost, and became others", () => {
  const parent = (name: string, weight: number) => ({
    name,
    weights: "w",
    document: `document of ${name}`,
    weight,
  });
  const made = { operation: "merge", settings: {}, from: [parent("a", 0.5), parent("lost", 1)] };
  expect(edges({ made, from: [link("a", 3)], became: [link("child")] })).toEqual([
    ["a v3"],
    ["lost"],
    ["merge", "lor_a", "from-1"],
    ["self v1", "operation"],
    ["child v1", "self"],
  ]);
});

test("an imported file comes from nothing that is known", () => {
  expect(edges({ made: { operation: "import", settings: {}, from: [] } })).toEqual([["a file"], ["self v1", "import"]]);
});
