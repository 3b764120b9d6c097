import { digestOf, type RunSpecInput, UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { generationChoice, planContext, runSpec, trainingChoice } from "./testing/fixtures.ts";

function refusal(spec: Partial<RunSpecInput>, context: Partial<PlanContext> = {}): UserError {
  try {
    plan(runSpec(spec), planContext(context));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("the spec was not refused");
}

describe("plan refuses", () => {
  it("an unknown preset, naming the one that was probably meant", () => {
    expect(refusal({ train: { preset: "pokcet" } })).toMatchObject({
      code: "unknown-preset",
      details: { field: "train.preset", given: "pokcet", allowed: "pocket", likely: "did you mean pocket?" },
    });
  });

  it("steps together with epochs, epochs of an unknown number of pictures, and epochs beyond the range of steps", () => {
    expect(refusal({ train: { recipe: { steps: 5, epochs: 5 } } }).code).toBe("steps-and-epochs");
    const uncounted = { sources: { digest: digestOf("tar"), items: null, bytes: null } };
    expect(refusal({ train: { recipe: { epochs: 5 } } }, uncounted)).toMatchObject({
      code: "epochs-need-count",
      details: { field: "train.recipe.epochs", likely: "give train.recipe.steps instead" },
    });
    const huge = { sources: { digest: digestOf("huge"), items: 1_000_000, bytes: null } };
    expect(refusal({ train: { recipe: { epochs: 10_000 } } }, huge).message).toContain("at most 1000000 steps");
  });

  it("a recipe that the backend cannot train, with the field, what was given and its range", () => {
    const strict = trainingChoice({
      validate: () => [
        { field: "rank", severity: "error", message: "at most 32 fit." },
        { field: "resolution", severity: "error", message: "must be 64" },
      ],
    });
    const error = refusal({ train: { recipe: { rank: 64 } } }, { trainingBackends: [strict] });
    expect(error).toMatchObject({ code: "recipe-refused", details: { field: "train.recipe.rank", given: 64 } });
    expect(error.message).toBe(
      "train.recipe.rank: pocket cannot do this: at most 32 fit. allowed: 1 to 128 in general, less on this backend. also train.recipe.resolution: must be 64.",
    );
  });

  it("a family that no backend trains, and a named backend that is down, saying why", () => {
    expect(refusal({ train: { recipe: { family: "flux", baseModel: "dev" } } }).message).toContain(
      "pocket trains pocket, not flux",
    );
    const down = trainingChoice({ available: false, message: "the model file is missing" });
    expect(refusal({ train: { backend: "pocket" } }, { trainingBackends: [down] })).toMatchObject({
      code: "backend-unavailable",
      details: { field: "train.backend" },
    });
    expect(refusal({}, { trainingBackends: [] }).message).toContain("no backend is configured");
  });

  it("a backend that is named and cannot reach the store, with what to do; one that is not named is passed over", () => {
    const capabilities = { ...trainingChoice().capabilities, needsReachableStore: true };
    const context = {
      trainingBackends: [trainingChoice({ name: "agent", capabilities }), trainingChoice()],
      storeReachable: false,
    };
    const error = refusal({ train: { backend: "agent" } }, context);
    expect(error).toMatchObject({ code: "backend-unfit", details: { field: "train.backend", given: "agent" } });
    expect(error.message).toContain("runs elsewhere and cannot reach the object store: use S3 or set PUBLIC_URL");
    const { lock } = plan(runSpec({ train: { backend: "auto" } }), planContext(context));
    expect(lock.steps.find(({ kind }) => kind === "train")?.params).toMatchObject({ backend: "pocket" });
  });

  it("faces where nothing finds them, with the command that installs what does", () => {
    const faceFinder = { id: "faces/1", available: false, message: "run: npm install faces" };
    const sources = [{ type: "folder" as const, path: "/pictures" }];
    const cut = { dataset: { sources, prepare: { crop: "faces" as const } } };
    expect(refusal(cut, { faceFinder })).toMatchObject({
      code: "faces-unavailable",
      details: { field: "dataset.prepare.crop" },
      message: "dataset.prepare.crop: run: npm install faces. without them, choose attention.",
    });
    const judged = { dataset: { sources, cleaning: { faces: "one" as const } } };
    expect(refusal(judged, { faceFinder })).toMatchObject({ details: { field: "dataset.cleaning.faces" } });
    expect(refusal(judged).code).toBe("faces-unavailable");
    expect(() => plan(runSpec(), planContext({ faceFinder }))).not.toThrow();
  });

  it("a captioner that is not there", () => {
    expect(refusal({ caption: { provider: "openai" } })).toMatchObject({
      code: "captioner-unavailable",
      message: expect.stringContaining("LLAVA_API_URL is not set"),
    });
    const none = refusal({}, { captioners: [] });
    expect(none.code).toBe("no-captioner");
    expect(none.message).toContain("openai is not available: set LLAVA_API_URL");
  });

  it("a placeholder that means nothing", () => {
    expect(refusal({ caption: { template: "a photo of {sbject}" } })).toMatchObject({
      code: "unknown-placeholder",
      details: { field: "caption.template", likely: "did you mean {subject}?" },
    });
  });

  it("sides that the backend cannot draw, with the closest that it can", () => {
    expect(refusal({ generate: { prompts: ["p"], width: 100 } })).toMatchObject({
      code: "side-unsupported",
      details: {
        field: "generate.width",
        given: 100,
        allowed: "multiples of 8 from 32 to 128",
        likely: "the closest is 104",
      },
    });
    expect(refusal({ generate: { prompts: ["p"], height: 4096 } }).details.likely).toBe("the closest is 128");
  });

  it("what the generation backend's own check does not take", () => {
    const picky = generationChoice({
      validate: () => [{ field: "sampling.guidance", severity: "error", message: "above 2 is not supported" }],
    });
    expect(refusal({}, { generationBackends: [picky] })).toMatchObject({
      code: "generation-refused",
      details: { field: "generate.request.sampling.guidance" },
    });
  });

  it("a LoRA that is not in the library, and strengths without any LoRA", () => {
    expect(refusal({ generate: { prompts: ["p"], lora: "ghost" } }).code).toBe("unknown-lora");
    expect(refusal({ train: undefined })).toMatchObject({ code: "no-lora", details: { field: "generate.lora" } });
  });

  it("seeds that contradict the number of images, and values listed twice", () => {
    const generate = { prompts: ["p"], seeds: [1, 2], imagesPerPrompt: 3 };
    expect(refusal({ generate }).code).toBe("seeds-and-count");
    expect(refusal({ generate: { prompts: ["p"], seeds: [7, 7] } }).details).toMatchObject({ field: "generate.seeds" });
    expect(refusal({ generate: { prompts: ["p"], strengths: [1, 1] } }).code).toBe("listed-twice");
  });

  it("more images than a run can list", () => {
    const prompts = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    expect(refusal({ generate: { prompts, imagesPerPrompt: 10_000 } })).toMatchObject({ code: "too-many-images" });
  });

  it("credentials in a source and settings too long for a job", () => {
    const secret = { sources: [{ type: "s3" as const, url: "s3://key:secret@bucket/x" }] };
    const error = refusal({ dataset: secret });
    expect(error.code).toBe("secret-in-url");
    expect(JSON.stringify([error.message, error.details])).not.toContain("key:secret");
    const long = { sources: [{ type: "folder" as const, path: "x".repeat(20_000) }] };
    expect(refusal({ dataset: long })).toMatchObject({ code: "spec-too-large", details: { field: "dataset.sources" } });
  });
});
