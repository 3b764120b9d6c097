import { describe, expect, it } from "vitest";
import { nearNames } from "./near-names.ts";
import { RunSpec } from "./run-spec.ts";
import { specProblems } from "./spec-problems.ts";

const problems = (train: unknown) => {
  const spec = { name: "a", dataset: { sources: [{ type: "folder", path: "/a" }] }, train };
  return specProblems(RunSpec.safeParse(spec).error?.issues ?? []).map(({ field, message }) => `${field}: ${message}`);
};

describe("specProblems", () => {
  it("names the near field of an unknown one, and what is allowed", () => {
    expect(problems({ recipe: { optimizer: "adamw", rank: 400, scheduler: "cosin" } })).toEqual([
      expect.stringMatching(/^train\.recipe\.rank: Too big.*\(allowed: 1 to 128\)$/),
      expect.stringMatching(/^train\.recipe\.scheduler: .*\(allowed: constant, linear, cosine, .* or polynomial\)$/),
      "train.recipe.optimizer: a recipe has no such field: did you mean optimiser?",
    ]);
    expect(problems({ recipe: { frobnicate: 1 } })).toEqual([
      "train.recipe.frobnicate: a recipe has no such field; `loramill train explain` lists them",
    ]);
  });

  it("says what is wrong inside of a choice, not that no choice fits", () => {
    expect(problems({ recipe: "/etc/../x" })[0]).toContain("letters, digits, spaces, dots");
    expect(problems({ compute: { gpu_type: "RTX4090", max_cost_per_hour: -1 } })).toEqual([
      expect.stringContaining("train.compute.max_cost_per_hour: Too small"),
    ]);
    expect(problems({ recipe: { experts: { high: { rank: 0 } } } })).toEqual([
      expect.stringMatching(/^train\.recipe\.experts\.high\.rank: Too small.*\(allowed: 1 to 128\)$/),
    ]);
  });

  it("takes what is right", () => {
    expect(problems({ recipe: "my recipe", mode: "cloud", compute: { gpu_type: "RTX4090", region: "US-OR" } })).toEqual(
      [],
    );
    expect(problems({ recipe: { epochs: 3 }, compute: { device: "cuda:1", optimization: "xformers" } })).toEqual([]);
  });
});

describe("specProblems with the schema", () => {
  const generated = (generate: unknown) => {
    const parsed = RunSpec.safeParse({ name: "a", generate }, { reportInput: true });
    return specProblems(parsed.error?.issues ?? [], { schema: RunSpec });
  };

  it("names what is near an unknown field, however deep it lies", () => {
    const near = (generate: unknown) => generated(generate).map(({ field, message }) => `${field}: ${message}`);
    expect(near({ promts: ["x"] })).toEqual(["generate.promts: there is no such field: did you mean prompts?"]);
    const request = { kind: "image-to-image", image: "a.png", sampling: { stepz: 2 }, controls: [{ imag: "b" }] };
    expect(near({ request }).filter((line) => line.includes("no such field"))).toEqual([
      "generate.request.sampling.stepz: there is no such field: did you mean steps?",
      "generate.request.controls.0.imag: there is no such field: did you mean image?",
    ]);
    expect(near({ vary: {}, frobnicate: 1 })[0]).toMatch(/^generate\.frobnicate: .*there are request, prompts, /);
  });

  it("names the kind that is near, and lists them all", () => {
    expect(generated({ request: { kind: "text-to-imag" } })).toEqual([
      {
        field: "generate.request.kind",
        message: expect.stringMatching(/^did you mean text-to-image\? expected one of /),
      },
    ]);
  });
});

describe("nearNames", () => {
  it("lists the nearest first and leaves out what is far", () => {
    expect(nearNames("learning_rate", ["learningRate", "warmupSteps", "rank"])).toEqual(["learningRate"]);
    expect(nearNames("x", ["sdxl", "sd15"])).toEqual([]);
  });
});
