import {
  canonicalJson,
  digestOf,
  documentKinds,
  hasChoices,
  MAIN_LORA,
  PlanLock,
  type RecipeIssue,
  RunSpec,
  type RunSpecInput,
} from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PlanDocument, plan } from "./plan.ts";
import { generationChoice, planContext, recipe, runSpec, seededRandom, trainingChoice } from "./testing/fixtures.ts";

const stepOf = (lock: PlanLock, name: string) => {
  const step = lock.steps.find((one) => one.name === name);
  if (step === undefined) throw new Error(`the plan has no step ${name}`);
  return step;
};

const gridOf = (documents: readonly PlanDocument[]) => {
  const [document] = documents;
  if (document?.kind !== "grid") throw new Error("the plan has no grid");
  return document.value;
};

describe("plan", () => {
  it("tells what takes a training to its first checkpoint where it asks for more as it goes, and may be stopped", () => {
    const least = (change: { resume?: boolean; unattendedSeconds?: number; seconds?: number }) => {
      const { seconds = 10_000, resume = true, ...limits } = change;
      const backend = trainingChoice({
        ...{ capabilities: { ...trainingChoice().capabilities, resume }, limits },
        estimate: () => ({
          ...{ seconds: { p50: seconds / 2, p90: seconds }, vramBytes: 0 },
          costMicroUsd: { p50: seconds * 50, p90: seconds * 100 },
        }),
      });
      const { lock } = plan(runSpec(), planContext({ trainingBackends: [backend] }));
      const { params, estimate } = stepOf(lock, "train");
      return { estimate, recipe: params.recipe as { steps: number; saveEverySteps: number } };
    };
    const { estimate, recipe } = least({ unattendedSeconds: 300 });
    const interval = 10_000 * Math.min(1, recipe.saveEverySteps / recipe.steps);
    expect(interval).toBeLessThan(9_000);
    expect(estimate).toMatchObject({ microUsd: 1_000_000, leastMicroUsd: Math.ceil(100 * (interval + 120 + 300)) });
    for (const whole of [{}, { resume: false, unattendedSeconds: 300 }, { unattendedSeconds: 300, seconds: 400 }]) {
      expect(least(whole).estimate).not.toHaveProperty("leastMicroUsd");
    }
  });

  it("makes the six steps of a whole run, each after what it needs, and a lock that its schema accepts", () => {
    const { lock } = plan(runSpec(), planContext());
    expect(PlanLock.parse(lock)).toEqual(lock);
    expect(lock.steps.map(({ name, needs }) => [name, needs])).toEqual([
      ["source", []],
      ["prepare", ["source"]],
      ["dataset", ["source", "prepare"]],
      ["caption", ["dataset"]],
      ["train", ["dataset", "caption"]],
      ["generate", ["train"]],
    ]);
  });

  it("leaves out what the spec leaves out", () => {
    const spec = runSpec({ caption: undefined, generate: undefined });
    const { lock, documents } = plan(spec, planContext());
    expect(lock.steps.map(({ name }) => name)).toEqual(["source", "prepare", "dataset", "train"]);
    expect(stepOf(lock, "train")).toMatchObject({ needs: ["dataset"], params: { triggerWord: null } });
    expect(stepOf(lock, "dataset").params).toMatchObject({ willCaption: false, willTrain: true });
    expect(documents).toEqual([]);
  });

  it("resolves sizes from the recipe, and without one to 1024 pixels", () => {
    const { lock, documents } = plan(runSpec(), planContext());
    expect(stepOf(lock, "prepare").params).toMatchObject({ resolution: 64 });
    expect(stepOf(lock, "dataset").params).toMatchObject({ cleaning: { minSidePixels: 32 } });
    expect(gridOf(documents).template).toMatchObject({ width: 64, height: 64 });
    const plain = plan(runSpec({ train: undefined, generate: undefined }), planContext()).lock;
    expect(stepOf(plain, "prepare").params).toMatchObject({ resolution: 1024 });
    expect(stepOf(plain, "dataset").params).toMatchObject({ cleaning: { minSidePixels: 512 } });
  });

  it("has faces looked for only where something asks for them, and puts the finder into the key", () => {
    const faceFinder = { id: "faces/1", available: true, message: "here" };
    const sources = [{ type: "folder" as const, path: "/pictures" }];
    const paramsOf = (dataset: object) => {
      const { lock } = plan(runSpec({ dataset: { sources, ...dataset } }), planContext({ faceFinder }));
      return stepOf(lock, "prepare").params;
    };
    expect(paramsOf({})).not.toHaveProperty("faces");
    expect(paramsOf({ prepare: { crop: "faces" } })).toMatchObject({ crop: "faces", faces: "faces/1" });
    expect(paramsOf({ cleaning: { faces: "none" } })).toMatchObject({ crop: "attention", faces: "faces/1" });
  });

  it("asks the general check as well, refuses its errors, notes its warnings, and says nothing twice", () => {
    const checkRecipe = (): RecipeIssue[] => [
      { field: "alpha", severity: "warning", message: "is above the rank" },
      { field: "rank", severity: "warning", message: "the backend said more" },
    ];
    const validate = (): RecipeIssue[] => [{ field: "rank", severity: "warning", message: "is cut to 4" }];
    const { lock } = plan(runSpec(), planContext({ checkRecipe, trainingBackends: [trainingChoice({ validate })] }));
    expect(lock.notes.filter((note) => note.startsWith("train.recipe"))).toEqual([
      "train.recipe.rank: is cut to 4",
      "train.recipe.alpha: is above the rank",
    ]);
    const impossible = (): RecipeIssue[] => [{ field: "resolution", severity: "error", message: "is no size" }];
    expect(() => plan(runSpec(), planContext({ checkRecipe: impossible }))).toThrow(
      /train\.recipe\.resolution.*is no size/,
    );
  });

  it("lays overrides over the preset and turns epochs into steps by the files found", () => {
    const spec = runSpec({ train: { recipe: { rank: 16, epochs: 5 } } });
    const { lock } = plan(spec, planContext());
    expect(stepOf(lock, "train").params.recipe).toEqual({
      ...recipe,
      triggerWord: "sks cat",
      rank: 16,
      steps: 5 * Math.ceil(30 / 4),
    });
    expect(lock.notes).toContain("train.recipe: 5 epochs of 30 files in batches of 4 are 40 steps");
  });

  it("lets `auto` take the first captioner that is there, and says which and why", () => {
    const { lock } = plan(runSpec(), planContext());
    expect(stepOf(lock, "caption").params).toMatchObject({ provider: "describe/1" });
    expect(lock.notes).toContain(
      "caption.provider: describe/1 (needs no model; openai is not available: LLAVA_API_URL is not set)",
    );
  });

  it("prefers a vision endpoint to a description, whatever the order in which they are listed", () => {
    const openai = { provider: "openai" as const, id: "openai:llava", available: true, message: "answers" };
    const context = planContext({ captioners: [...planContext().captioners.slice(1), openai] });
    expect(stepOf(plan(runSpec(), context).lock, "caption").params).toMatchObject({ provider: "openai:llava" });
  });

  it("puts the trigger word, without its surrounding space, into captions and training", () => {
    const { lock } = plan(runSpec({ caption: { triggerWord: " sks cat " } }), planContext());
    expect(stepOf(lock, "caption").params).toMatchObject({ style: { triggerWord: "sks cat" } });
    expect(stepOf(lock, "train").params).toMatchObject({ triggerWord: "sks cat" });
  });

  it("writes prompts, seeds and strengths into a document and only its digest into the plan", () => {
    const { lock, documents } = plan(runSpec(), planContext());
    const [document] = documents;
    expect(document?.value).toMatchObject({
      template: { kind: "text-to-image", model: { family: "pocket" }, loras: [{ lora: MAIN_LORA }] },
      prompts: ["sks cat on a sofa", "sks cat in snow"],
      negativePrompt: "",
      seeds: [1, 2, 3],
      strengths: [0, 1],
    });
    const grid = documentKinds.grid.parse(document?.value);
    expect(stepOf(lock, "generate").params.grid).toBe(digestOf(grid));
    expect(stepOf(lock, "generate").fanOut).toEqual({ type: "range", items: 12, perJob: 8 });
    expect(canonicalJson(lock)).not.toContain("sofa");
  });

  it("goes round to 0 after the largest seed", () => {
    const generate = { prompts: ["p"], imagesPerPrompt: 2, baseSeed: Number.MAX_SAFE_INTEGER };
    expect(plan(runSpec({ generate }), planContext()).documents[0]?.value).toMatchObject({
      seeds: [Number.MAX_SAFE_INTEGER, 0],
    });
  });

  it("makes at most 64 images per job, however many the backend prefers", () => {
    const generous = generationChoice({ capabilities: { ...generationChoice().capabilities, itemsPerJob: 500 } });
    const { lock } = plan(runSpec(), planContext({ generationBackends: [generous] }));
    expect(stepOf(lock, "generate").fanOut).toMatchObject({ perJob: 64 });
  });

  it("generates with a LoRA of the library without training, or with none at strength 0", () => {
    const lora = { name: "cats", document: digestOf("lora"), family: "pocket" };
    const named = runSpec({ train: undefined, generate: { prompts: ["p"], lora: "cats" } });
    const step = stepOf(plan(named, planContext({ loras: { cats: lora } })).lock, "generate");
    expect(step).toMatchObject({ needs: [], params: { lora: lora.document } });
    const base = runSpec({ train: undefined, generate: { prompts: ["p"], strengths: [0] } });
    expect(stepOf(plan(base, planContext()).lock, "generate").params).not.toHaveProperty("lora");
  });

  it("draws as near to the recipe's resolution as the backend can, and says so", () => {
    const spec = runSpec({ train: { recipe: { resolution: 250 } } });
    const { lock, documents } = plan(spec, planContext());
    expect(gridOf(documents).template).toMatchObject({ width: 128, height: 128 });
    expect(lock.notes.join("\n")).toContain("drawn at 128 pixels");
  });

  it("names the place of the pictures in no step but the source, which is known by its content", () => {
    const { lock } = plan(runSpec(), planContext());
    expect(stepOf(lock, "source").external).toBe(digestOf("pictures"));
    for (const step of lock.steps.slice(1)) expect(JSON.stringify(step)).not.toContain("/pictures/cats");
  });

  it("skips backends that need a store which they cannot reach, and passes on a backend's warnings", () => {
    const remote = trainingChoice({
      name: "far",
      capabilities: { ...trainingChoice().capabilities, needsReachableStore: true },
    });
    const near = trainingChoice({
      validate: () => [{ field: "rank", severity: "warning", message: "8 is little" }],
    });
    const context = planContext({ trainingBackends: [remote, near], storeReachable: false });
    const { lock } = plan(runSpec(), context);
    expect(stepOf(lock, "train").params).toMatchObject({ backend: "pocket" });
    expect(lock.notes).toContain("train.recipe.rank: 8 is little");
    expect(lock.notes.join("\n")).toContain("far runs elsewhere and cannot reach the object store");
  });

  it("says beforehand when the budget is smaller than what the run may cost", () => {
    const { lock } = plan(runSpec({ budgetUsd: 0.0001 }), planContext());
    expect(lock.budgetMicroUsd).toBe(100);
    expect(lock.notes.join("\n")).toContain("up to $0.00015");
  });
});

const anySpec: fc.Arbitrary<RunSpecInput> = fc.record(
  {
    name: fc.constantFrom("cats", "dogs"),
    dataset: fc.record({
      sources: fc.array(fc.record({ type: fc.constant("folder" as const), path: fc.string({ minLength: 1 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    caption: fc.record({ triggerWord: fc.string({ maxLength: 20 }), tags: fc.array(fc.string({ maxLength: 9 })) }),
    train: fc.record({ recipe: fc.record({ rank: fc.integer({ min: 1, max: 64 }) }) }),
    generate: fc.record({
      // Wildcards and LoRA tags name things that a spec must have; they have tests of their own.
      prompts: fc.array(
        fc.string({ minLength: 1 }).filter((text) => !hasChoices(text) && !text.includes("<lora:")),
        { minLength: 1, maxLength: 5 },
      ),
      imagesPerPrompt: fc.integer({ min: 1, max: 5 }),
      strengths: fc.constant([0]),
    }),
    budgetUsd: fc.nat(10),
  },
  { requiredKeys: ["name", "dataset"] },
);

describe("plan of any spec", () => {
  it("is the same to the byte for equal specs and contexts, whatever the order of their keys", () => {
    fc.assert(
      fc.property(anySpec, fc.integer(), (input, seed) => {
        const random = seededRandom(seed);
        const first = plan(RunSpec.parse(input), planContext());
        const second = plan(RunSpec.parse(shuffled(input, random)), planContext());
        expect(canonicalJson(second.lock)).toBe(canonicalJson(first.lock));
        expect(canonicalJson(second.documents)).toBe(canonicalJson(first.documents));
      }),
    );
  });

  it("resolves a spec of 100,000 prompts in less than ten seconds", () => {
    const prompts = Array.from({ length: 100_000 }, (_, index) => `sks cat number ${index} ${"in the sun ".repeat(8)}`);
    const started = performance.now();
    const { lock, documents } = plan(RunSpec.parse({ ...runSpec(), generate: { prompts } }), planContext());
    expect(canonicalJson(lock).length).toBeLessThan(20_000);
    expect(documents).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

/** The same value with the keys of all its objects in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => ({ key, item: shuffled(item, random), at: random() }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, item }) => [key, item]));
}
