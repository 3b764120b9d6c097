import { digestOf, documentKinds, gridItem, gridSize, isDrawn, type RunSpecInput } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { generationChoice, planContext, runSpec } from "./testing/fixtures.ts";

type Generate = NonNullable<RunSpecInput["generate"]>;

const gpu = generationChoice({
  name: "comfyui",
  capabilities: {
    ...generationChoice().capabilities,
    kinds: ["text-to-image", "upscale", "text-to-video"],
    families: ["sdxl", "wan22"],
    loraFamilies: ["sdxl", "wan22"],
    maxSidePixels: 4096,
    sideStep: 16,
    sideSteps: [
      { family: "sdxl", variant: null, step: 8 },
      { family: "wan22", variant: "14b", step: 16 },
      { family: "wan22", variant: "5b", step: 32 },
    ],
  },
});
const library = {
  ink: { name: "ink", document: digestOf("ink"), family: "sdxl" },
  wash: { name: "wash", document: digestOf("wash"), family: "sdxl" },
};
const context = planContext({ generationBackends: [generationChoice(), gpu], loras: library });

function planned(generate: Generate) {
  const { lock, documents } = plan(runSpec({ train: undefined, generate }), context);
  const step = lock.steps.find(({ name }) => name === "generate");
  const grid = documentKinds.grid.parse(documents[0]?.value);
  const specs = Array.from({ length: gridSize(grid) }, (_, index) => gridItem(grid, index));
  return { params: step?.params ?? {}, specs, notes: lock.notes };
}
const problem = (generate: Generate) => {
  try {
    planned(generate);
  } catch (error) {
    return error;
  }
  throw new Error("it was planned");
};

describe("planGenerate", () => {
  it("takes the backend that draws with the LoRA's family, at the family's usual size", () => {
    const { params, specs } = planned({ prompts: ["a hill"], lora: "ink" });
    expect(params).toMatchObject({ backend: "comfyui", lora: library.ink.document });
    expect(specs[0]).toMatchObject({ model: { family: "sdxl" }, loras: [{ lora: "main", strength: 0.8 }] });
  });

  it("takes sides in the steps of the model's family and variant", () => {
    const video = (variant: "14b" | "5b") => ({
      request: {
        kind: "text-to-video" as const,
        model: { family: "wan22" as const, variant },
        width: 848,
        height: 480,
      },
      prompts: ["a sea"],
    });
    expect(planned({ prompts: ["a hill"], lora: "ink", width: 1000, height: 1048 }).specs[0]).toMatchObject({
      width: 1000,
      height: 1048,
    });
    expect(planned(video("14b")).specs[0]).toMatchObject({ width: 848 });
    expect(problem(video("5b"))).toMatchObject({ code: "side-unsupported" });
  });

  it("finds LoRAs that the request, a tag or a variation names", () => {
    const request = { kind: "text-to-image" as const, loras: [{ lora: "ink", strength: 0.5 }] };
    const { params, specs } = planned({ request, prompts: ["a hill <lora:wash:0.4>", "a sea"] });
    expect(params.loras).toEqual({ ink: library.ink.document, wash: library.wash.document });
    expect(specs.map((spec) => (isDrawn(spec) ? [spec.prompt, spec.loras.length] : []))).toEqual([
      ["a hill", 2],
      ["a sea", 1],
    ]);
    const varied = planned({ request, prompts: ["p"], vary: { "loras.0.lora": ["ink", "wash"] } });
    expect(varied.specs.map((spec) => (isDrawn(spec) ? spec.loras[0]?.lora : null))).toEqual(["ink", "wash"]);
    expect(problem({ request, prompts: ["p <lora:ghost>"] })).toMatchObject({ code: "unknown-lora" });
  });

  it("warns where LoRAs are too strong together", () => {
    const request = { kind: "text-to-image" as const, loras: [{ lora: "ink", strength: 1 }] };
    const noted = (strength: number) =>
      planned({ request, prompts: [`p <lora:wash:${strength}>`] }).notes.filter((note) => note.includes("together"));
    expect(noted(0.6)).toEqual([]);
    expect(noted(1)).toEqual([
      "generate.request.loras: the strengths of all LoRAs are 2 together; above 1.6 pictures usually break up",
    ]);
  });

  it("draws one combination of wildcards per seed, or all of them", () => {
    const generate = { prompts: ["a {red|blue} __thing__"], wildcards: { thing: ["cup", "hat"] }, lora: "ink" };
    const prompts = (specs: ReturnType<typeof planned>["specs"]) =>
      specs.map((spec) => (isDrawn(spec) ? spec.prompt : ""));
    const random = prompts(planned({ ...generate, imagesPerPrompt: 40 }).specs);
    expect(new Set(random).size).toBe(4);
    expect(random).toEqual(prompts(planned({ ...generate, imagesPerPrompt: 40 }).specs));
    const all = prompts(planned({ ...generate, combine: "all" }).specs);
    expect(all).toEqual(["a red cup", "a red hat", "a blue cup", "a blue hat"]);
    expect(problem({ ...generate, prompts: ["a __thingy__"] })).toMatchObject({
      code: "unknown-wildcard",
      details: { likely: "did you mean __thing__?" },
    });
    const many = Array.from({ length: 6 }, () => "{a|b|c|d|e|f|g|h|i|j}").join("");
    expect(problem({ ...generate, prompts: [many], combine: "all" })).toMatchObject({ code: "too-many-prompts" });
  });

  it("takes no prompt and no LoRA where the request has none, and repeats it over what varies", () => {
    const stored = (text: string) => `sha256:${digestOf(text)}`;
    const request = { kind: "upscale" as const, image: stored("one") };
    const { specs } = planned({ request, vary: { image: [stored("one"), stored("two")], scale: [2, 4] } });
    expect(specs).toHaveLength(4);
    expect(problem({ request: { kind: "upscale", image: "photo.png" } })).toMatchObject({ code: "input-not-stored" });
    expect(problem({ request, steps: 4 })).toMatchObject({ details: { field: "generate.steps" } });
    expect(problem({ request, lora: "ink" })).toMatchObject({ details: { field: "generate.lora" } });
    expect(problem({ request: { kind: "text-to-image" }, lora: "ink" })).toMatchObject({ code: "no-prompts" });
  });

  it("lays what is drawn out on a sheet where one is asked for", () => {
    const generate = { prompts: ["a", "b"], lora: "ink", grid: true };
    const { steps } = plan(runSpec({ train: undefined, generate }), context).lock;
    const [draw, sheet] = [steps.find(({ name }) => name === "generate"), steps.at(-1)];
    expect(sheet).toMatchObject({ name: "grid", job: "draw-grid", needs: ["generate"], fanOut: { type: "single" } });
    expect(sheet?.params).toEqual({ grid: draw?.params.grid });
    expect(
      plan(runSpec({ train: undefined, generate: { ...generate, grid: false } }), context).lock.steps.at(-1),
    ).toEqual(draw);
  });

  it("says which variation a field cannot take, and what is said twice", () => {
    const generate = { prompts: ["p"], lora: "ink" };
    expect(problem({ ...generate, vary: { "sampling.steps": [5, 5000] } })).toMatchObject({
      details: { field: "generate.vary.sampling.steps" },
    });
    const request = { kind: "text-to-image" as const, sampling: { steps: 9 } };
    expect(problem({ ...generate, request, steps: 8 })).toMatchObject({ details: { field: "generate.steps" } });
  });

  it("says which steps load the same, whatever they draw with it", () => {
    const affinity = (generate: Generate) => {
      const { lock } = plan(runSpec({ train: undefined, generate }), context);
      return lock.steps.find(({ name }) => name === "generate")?.affinity;
    };
    const ink = affinity({ prompts: ["a hill"], lora: "ink" });
    expect(ink).toMatch(/^[0-9a-f]{64}$/);
    expect(affinity({ prompts: ["the sea", "a boat"], lora: "ink", strengths: [0.2, 1], steps: 9 })).toBe(ink);
    expect(affinity({ prompts: ["a hill"], lora: "wash" })).not.toBe(ink);
    const model = { family: "sdxl" as const, files: { checkpoint: "other.safetensors" } };
    const request = { kind: "text-to-image" as const, model };
    expect(affinity({ prompts: ["a hill"], lora: "ink", request })).not.toBe(ink);
  });
});
