import { type PreparedImage, PrepareSettings, RunSpec, sha256Hex } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { recipe } from "../testing/fixtures.ts";
import { applyDifferences, type TrainingFacts, trainingDifferences } from "./training-differences.ts";
import { trialSpec } from "./trial-spec.ts";

const picture = (name: string, caption?: string, repeats?: number, content = name): PreparedImage =>
  ({
    path: `${name}.png`,
    original: { sha256: sha256Hex(content), bytes: 1, mediaType: "image/png" },
    ...(caption === undefined ? {} : { caption: { text: caption, origin: "file" } }),
    ...(repeats === undefined ? {} : { repeats }),
  }) as PreparedImage;

const facts = (over: Partial<TrainingFacts> = {}): TrainingFacts => ({
  backend: "pocket",
  recipe,
  prepare: PrepareSettings.parse({ resolution: 64 }),
  pictures: [picture("a", "a dog"), picture("b", "a dog at sea")],
  ...over,
});

describe("trainingDifferences", () => {
  it("finds none between equal trainings, wherever their pictures lie, and whatever was saved on the way", () => {
    const moved = facts({
      pictures: [picture("b", "a dog at sea"), picture("elsewhere/a", "a dog", 1, "a")],
      recipe: { ...recipe, saveEverySteps: 1, samplePrompts: ["x"] },
    });
    expect(trainingDifferences(facts(), moved)).toEqual([]);
  });

  it("takes sets of pictures apart to the picture, those that came before those that went", () => {
    const bad = facts({ pictures: [picture("b", "a cat"), picture("c", "a cat", 4), picture("d")] });
    const found = trainingDifferences(facts(), bad);
    expect(found.map(({ sentence }) => sentence)).toEqual([
      "with the picture c.png",
      "with the picture d.png",
      "without the picture a.png",
      'the caption of b.png is "a cat" instead of "a dog at sea"',
    ]);
    const all = applyDifferences(facts(), found, [0, 1, 2, 3]);
    expect(all.pictures).toEqual(bad.pictures);
    expect(applyDifferences(facts(), found, [1, 3]).pictures).toEqual([
      picture("a", "a dog"),
      picture("b", "a cat"),
      picture("d"),
    ]);
  });

  it("groups what cannot be had alone: the trigger word with captions, sizes with preparation, fields that go together", () => {
    const bad = facts({
      backend: "agent",
      prepare: PrepareSettings.parse({ resolution: 128 }),
      pictures: [picture("a", "zorb"), picture("b", "zorb at sea", 3)],
      recipe: {
        ...recipe,
        ...{ triggerWord: "zorb", resolution: 128, rank: 16, seed: 9, scheduler: "polynomial", schedulerPower: 2 },
      },
    });
    const found = trainingDifferences(facts(), bad);
    expect(found.map(({ id }) => id)).toEqual([
      "trigger",
      `repeats ${sha256Hex("b").slice(0, 12)}`,
      "preparation",
      "recipe.scheduler+schedulerPower",
      "recipe.rank",
      "recipe.seed",
      "backend",
    ]);
    const every = found.map((_, place) => place);
    expect(applyDifferences(facts(), found, every)).toEqual(bad);
    expect(applyDifferences(facts(), found, [0])).toMatchObject({
      recipe: { triggerWord: "zorb", rank: recipe.rank },
      pictures: [{ caption: { text: "zorb" } }, { caption: { text: "zorb at sea" } }],
    });
  });

  it("gives different pictures of one name names of their own", () => {
    const bad = facts({ pictures: [picture("a", "a cat", 1, "another a"), picture("b", "a dog at sea")] });
    const found = trainingDifferences(facts(), bad);
    const both = applyDifferences(facts(), found, [0]).pictures.map(({ path }) => path);
    expect(both).toEqual(["a.png", "a-2.png", "b.png"]);
  });
});

it("makes a spec that the API takes, of each combination", () => {
  const request = { prompts: ["x"], seeds: [1], strengths: [1], name: "t", project: "p", dataset: sha256Hex("d") };
  const spec = RunSpec.parse(trialSpec(facts(), { ...request, budgetUsd: 2 }));
  expect(spec).toMatchObject({
    budgetUsd: 2,
    train: { backend: "pocket", recipe: { rank: 8 } },
    generate: { grid: true },
  });
});
