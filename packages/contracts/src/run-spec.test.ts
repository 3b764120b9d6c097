import { describe, expect, it } from "vitest";
import { RunSpec } from "./run-spec.ts";

const smallest = { name: "cats", dataset: { sources: [{ type: "folder", path: "cats" }] } };

/** Paths of the problems of a spec; empty when it is accepted. */
const problems = (over: object): string[] =>
  RunSpec.safeParse({ ...smallest, ...over }).error?.issues.map((issue) => issue.path.join(".")) ?? [];

describe("RunSpec", () => {
  it("needs a name and a source, and fills in everything else", () => {
    expect(RunSpec.parse(smallest)).toEqual({
      version: 1,
      name: "cats",
      project: "default",
      priority: 5,
      dataset: {
        sources: [{ type: "folder", path: "cats" }],
        prepare: { crop: "attention", bucketStep: 64, upscale: true, format: "png" },
        cleaning: {
          exactDuplicates: "drop",
          nearDuplicates: "drop",
          nearDistance: 4,
          blurred: "drop",
          minSharpness: 0.08,
          tooSmall: "drop",
          lowContrast: "warn",
          minContrast: 16,
          upscaled: "warn",
          minDetail: 0.05,
          dark: "warn",
          minHighlights: 0.32,
          bright: "warn",
          minShadows: 0.05,
          lowInformation: "warn",
          minEntropyBits: 2,
          oddAspect: "warn",
          minAspect: 0.35,
          oddSize: "warn",
          minUsualSize: 0.5,
          borders: "warn",
          minInsideBorders: 0.97,
          colourSpace: "keep",
          alpha: "keep",
          faces: "ignore",
          onFaces: "drop",
          minFaceScore: 0.75,
          against: [],
          leaked: "drop",
          keep: [],
          drop: [],
        },
        gates: {
          minImages: 10,
          onFewImages: "warn",
          minCaptionCoverage: 0.5,
          onLowCoverage: "warn",
          onNoCaptions: "block",
        },
      },
      policy: { onStepFailure: "fail", failedItems: "continue", maxFailedShare: 0.5, reuse: true, onBudget: "stop" },
    });
  });

  it("fills in the parts that are only named", () => {
    const spec = RunSpec.parse({ ...smallest, caption: {}, train: {}, generate: { prompts: ["a cat"] } });
    expect(spec.caption).toEqual({
      template: "a photo of {subject}",
      existing: "keep",
      maxWords: 75,
      tags: [],
      provider: "auto",
    });
    expect(spec.train).toEqual({ backend: "auto", recipe: {} });
    expect(spec.generate).toEqual({
      prompts: ["a cat"],
      wildcards: {},
      combine: "random",
      negativePrompt: "",
      imagesPerPrompt: 1,
      baseSeed: 1,
      strengths: [0.8],
      vary: {},
      onLoraFailure: "fail",
      grid: false,
      backend: "auto",
    });
  });

  it("refuses fields it does not know, at every level, because they are most likely misspelt", () => {
    expect(problems({ trian: {} })).toEqual([""]);
    expect(problems({ train: { recipe: { lerning: 1 } } })).toEqual(["train.recipe"]);
    expect(problems({ dataset: { ...smallest.dataset, cleaning: { blured: "drop" } } })).toEqual(["dataset.cleaning"]);
    expect(problems({ policy: { retries: 3 } })).toEqual(["policy"]);
  });

  it("refuses what is out of range, naming the field", () => {
    expect(problems({ priority: 10, budgetUsd: -1 })).toEqual(["budgetUsd", "priority"]);
    expect(problems({ train: { recipe: { rank: 0, alpha: 0, learningRate: 2, captionDropout: 1.1 } } })).toEqual([
      "train.recipe.rank",
      "train.recipe.alpha",
      "train.recipe.learningRate",
      "train.recipe.captionDropout",
    ]);
    expect(problems({ generate: { prompts: ["p"], strengths: [2.1], baseSeed: -1 } })).toEqual([
      "generate.baseSeed",
      "generate.strengths.0",
    ]);
    expect(problems({ generate: { prompts: ["p"], width: 16 } })).toEqual(["generate.width"]);
  });

  it("refuses empty sources, sources of unknown types and buckets without a scheme", () => {
    expect(problems({ dataset: { sources: [] } })).toEqual(["dataset.sources"]);
    expect(problems({ dataset: { sources: [{ type: "carrier-pigeon" }] } })).toEqual(["dataset.sources.0.type"]);
    expect(problems({ dataset: { sources: [{ type: "s3", url: "bucket/prefix" }] } })).toEqual([
      "dataset.sources.0.url",
    ]);
    expect(problems({ dataset: { sources: [{ type: "upload", listing: "abc" }] } })).toEqual([
      "dataset.sources.0.listing",
    ]);
  });

  it("does without pictures where only LoRAs are edited or applied", () => {
    const lora = { from: [{ lora: "dog" }, { lora: "ink" }], operation: { kind: "merge" } };
    expect(problems({ dataset: undefined, lora })).toEqual([]);
    expect(RunSpec.parse({ name: "x", lora }).lora).toMatchObject({
      from: [{ weight: 1 }, { weight: 1 }],
      operation: { method: { kind: "concat" } },
    });
    expect(problems({ dataset: undefined, generate: { prompts: ["p"], lora: "dog" } })).toEqual([]);
    for (const more of [{}, { lora, train: {} }, { lora, caption: {} }]) {
      expect(problems({ dataset: undefined, ...more })).toEqual(["dataset.sources"]);
    }
    expect(problems({ lora: { ...lora, operation: { kind: "merge", method: { kind: "svd" } } } })).toEqual([
      "lora.operation.method.rank",
    ]);
  });

  it("takes a dataset version by name, name@digest or digest, and by nothing else", () => {
    const named = (dataset: object, against: string[] = []) =>
      problems({ dataset: { sources: [{ type: "dataset", ...dataset }], cleaning: { against } } });
    for (const dataset of ["toys", "Katzen für Ümit@3f9a", "3f9a61c2", "ab".repeat(32), "dsv_01"]) {
      expect(named({ dataset }, [dataset]), dataset).toEqual([]);
    }
    for (const dataset of ["", "toys@", "toys@3F9A", "@3f9a", "a/b", "toys@3f9a@3f9a"]) {
      expect(named({ dataset }, [dataset]), dataset).toEqual([
        "dataset.sources.0.dataset",
        "dataset.cleaning.against.0",
      ]);
    }
    expect(named({ digest: "ab".repeat(32) })).toEqual([]);
    expect(named({})).toEqual(["dataset.sources.0.dataset"]);
    expect(named({ dataset: "toys", digest: "ab".repeat(32) })).toEqual(["dataset.sources.0.dataset"]);
  });

  it("refuses names that would not do for files", () => {
    for (const name of ["", "../up", "a/b", "-dash", ".hidden", "new\nline", "x".repeat(101)]) {
      expect(problems({ name }), name).toEqual(["name"]);
    }
    for (const name of ["cats", "Katzen für Ümit", "猫 1.0", "a_b-c"]) expect(problems({ name }), name).toEqual([]);
  });
});
