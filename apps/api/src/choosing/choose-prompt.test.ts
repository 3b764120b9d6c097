import { digestOf, GenerateSpec, GenerationSpec, isDrawn } from "@loramill/contracts";
import { analysePrompt, learn, type RatingEvent } from "@loramill/intelligence";
import type { ChoiceQuestion } from "@loramill/orchestration";
import { createLetterEmbedder } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { createChooser } from "./choose-prompt.ts";
import type { ChoosingFacts } from "./choosing-facts.ts";
import { createEmbeddings } from "./embed-loras.ts";
import type { KnownLora } from "./lora-facts.ts";

const spec = GenerationSpec.parse({ kind: "text-to-image", prompt: "", seed: 0, model: { family: "sdxl" } });
if (!isDrawn(spec)) throw new TypeError("a picture is drawn");

const lora = (name: string, tags: readonly string[]): KnownLora => ({
  called: `${name}@1`,
  document: digestOf(name),
  family: "sdxl",
  facts: {
    id: `lor_${name}`,
    name,
    family: "sdxl",
    triggerWords: [],
    tags,
    description: "",
    captionTags: {},
    lineage: [],
    embedding: null,
    coverEmbedding: null,
    ratings: null,
    bestStrength: null,
    usualStrength: null,
  },
});
const library = [lora("lines", ["anime", "manga"]), lora("grain", ["photo", "film 35"])];
const factsOf = (ratings: readonly RatingEvent[] = []): ChoosingFacts => ({
  loras: library,
  past: [],
  learned: learn(ratings, { now: 0 }),
});
const question = (prompt: string, over: Partial<ChoiceQuestion> = {}): ChoiceQuestion => ({
  spec,
  prompt,
  negativePrompt: "",
  open: { loras: true, parameters: true },
  isSizeOpen: true,
  isLengthOpen: false,
  loras: [],
  loraFamilies: ["sdxl"],
  maxLoras: 8,
  ...over,
});
const chooser = (generate: object = {}, facts = factsOf()) =>
  createChooser({
    generate: GenerateSpec.parse(generate),
    facts,
    analyses: new Map(),
    embeddings: new Map(),
    seed: digestOf("a seed"),
  });
const rating = (at: number): RatingEvent => ({
  id: String(at).padStart(4, "0"),
  manifest: digestOf(at),
  rater: `rater-${at % 4}`,
  stars: 1,
  comment: "",
  at,
  batch: null,
  arm: null,
  choice: { loras: ["lines"], strengths: [0.8], family: "sdxl", subject: "person", steps: 30, guidance: 6 },
});

describe("createChooser", () => {
  it("chooses LoRAs by the name that stays theirs, and says why", () => {
    const choice = chooser()(question("anime girl, manga"));
    expect(choice?.loras).toMatchObject([{ called: "lines@1", document: digestOf("lines"), strength: 0.8 }]);
    expect(choice?.sampling).toMatchObject({ sampler: "dpmpp_2m" });
    expect(choice?.size).toEqual({ width: 1024, height: 1024 });
    expect(choice?.explanation).toMatchObject({ mode: "auto", arm: null, summary: expect.stringContaining("lines") });
  });

  it("gives equal facts and questions the same answer, ratings and their draws included", () => {
    const facts = () => factsOf(Array.from({ length: 20 }, (_, at) => rating(at)));
    for (const prompt of ["anime girl, manga", "photo of a man, film 35", "a red barn"]) {
      expect(chooser({}, facts())(question(prompt))).toEqual(chooser({}, facts())(question(prompt)));
    }
    const arms = ["anime girl, manga", "manga anime woman"].map(
      (prompt) => chooser({ choose: { minConfidence: 0 } }, facts())(question(prompt))?.explanation.arm,
    );
    expect(arms.every((arm) => arm === "learned" || arm === "holdout")).toBe(true);
  });

  it("shares a choice among prompts that differ in numbers alone, but for those that a LoRA knows", () => {
    const choose = chooser();
    expect(choose(question("anime girl 17, manga"))).toBe(choose(question("anime girl 18, manga")));
    expect(choose(question("photo, film 35"))).not.toBe(choose(question("photo, film 36")));
    expect(choose(question("(anime:1.2), manga"))).not.toBe(choose(question("(anime:1.3), manga")));
  });

  it("keeps what is given: LoRAs of the spec, sampling, the limits of `choose` and of the backend", () => {
    const given = GenerationSpec.parse({ ...spec, sampling: { steps: 9 } });
    if (!isDrawn(given)) throw new TypeError("a picture is drawn");
    const open = { loras: false, parameters: true };
    const kept = chooser()(question("anime, manga", { spec: given, open, loras: [{ lora: "grain", strength: 1.2 }] }));
    expect(kept).toMatchObject({
      loras: [],
      explanation: { loras: [{ name: "grain", given: true, strength: { value: 1.2 } }], passed: [] },
    });
    expect(kept?.sampling).not.toHaveProperty("steps");
    expect(kept?.explanation.parameters.steps).toMatchObject({ value: 9, source: "given" });
    expect(chooser({ choose: { maxLoras: 0 } })(question("anime, manga"))?.loras).toEqual([]);
    expect(chooser()(question("anime, manga", { maxLoras: 0 }))?.loras).toEqual([]);
    expect(chooser()(question("anime, manga", { loraFamilies: [] }))?.loras).toEqual([]);
  });

  it("keeps limits, or names the one that nothing fits into", () => {
    const within = chooser({ constraints: { maxSeconds: 12 } })(question("anime, manga"));
    expect(within?.explanation.estimate.seconds.p90).toBeLessThanOrEqual(12);
    expect(() => chooser({ constraints: { maxSeconds: 0.1 } })(question("anime"))).toThrow(/maxSeconds is 0\.1/);
  });

  it("shortens a clip whose length is open to keep a limit, and keeps one that is given", () => {
    const clipOf = (request: object) => {
      const clip = GenerationSpec.parse({
        kind: "text-to-video",
        prompt: "",
        seed: 0,
        model: { family: "sd15" },
        ...request,
      });
      if (!isDrawn(clip)) throw new TypeError("a clip is drawn");
      return clip;
    };
    const ask = (request: object, isLengthOpen: boolean, maxSeconds: number) =>
      chooser({ mode: "auto", constraints: { maxSeconds } })(
        question("a cat", { spec: clipOf(request), isLengthOpen, isSizeOpen: false }),
      );
    const size = { width: 512, height: 512, sampling: { steps: 20 } };
    const free = ask(size, true, 3600);
    expect(free).toMatchObject({
      frames: 16,
      explanation: { parameters: { frames: { value: 16, source: "family" } } },
    });
    const held = ask(size, true, (free?.explanation.estimate.seconds.p90 ?? 0) * 0.6);
    expect(held?.explanation.parameters.frames).toMatchObject({ value: held?.frames, source: "constraint" });
    expect(held?.frames).toBeLessThan(16);
    const given = ask({ ...size, frames: 24 }, false, 3600);
    expect(given?.frames).toBeNull();
    expect(given?.explanation.parameters.frames).toMatchObject({ value: 24, source: "given" });
    expect(ask({ ...size, still: true }, false, 3600)?.explanation.parameters.frames).toMatchObject({ value: 1 });
  });

  it("takes what a language model read in a prompt", () => {
    const prompt = "anime, manga";
    const analysis = { ...analysePrompt({ prompt, negativePrompt: "" }), source: "llm:small" };
    const choose = createChooser({
      generate: GenerateSpec.parse({}),
      facts: factsOf(),
      analyses: new Map([[prompt, analysis]]),
      embeddings: new Map(),
      seed: digestOf("a seed"),
    });
    expect(choose(question(prompt))?.explanation.prompt.source).toBe("llm:small");
  });

  it("hears an embedder where no word is shared, and says that there is one", async () => {
    const stores = { memos: { find: async () => undefined, put: async () => {} }, blobs: {} };
    const embeddings = createEmbeddings(createLetterEmbedder(), stores as never);
    const prompt = "stressed";
    const [points] = await embeddings.ofLoras([{ texts: ["desserts"], cover: null }]);
    const near = lora("sweet", []);
    const facts = { ...factsOf(), loras: [...library, { ...near, facts: { ...near.facts, ...points } }] };
    const parts = {
      generate: GenerateSpec.parse({ choose: { minConfidence: 0.4 } }),
      facts,
      analyses: new Map(),
      seed: digestOf("a seed"),
    };
    const chosen = createChooser({ ...parts, embeddings: await embeddings.ofPrompts([prompt]) })(question(prompt));
    expect(chosen?.loras.map(({ name }) => name)).toEqual(["sweet"]);
    expect(chosen?.explanation.comparison).toContain("by words and by letters/1 (1 of 3");
    const without = createChooser({ ...parts, embeddings: new Map() })(question(prompt));
    expect(without?.loras).toEqual([]);
    expect(without?.explanation.comparison).toContain("by words alone");
  });

  it("has nothing to say of a prompt that no LoRA suits, where parameters are not open", () => {
    expect(chooser()(question("a red barn", { open: { loras: true, parameters: false } }))).toBeNull();
  });
});
