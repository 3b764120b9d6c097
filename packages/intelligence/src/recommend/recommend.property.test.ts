import { type GivenLora, LoraPreferences } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loraOf } from "../../test/some-loras.ts";
import { analysePrompt } from "../analysis/prompt-rules.ts";
import type { TasteModel } from "../taste.ts";
import type { LoraFacts } from "./lora-facts.ts";
import { type RecommendRequest, recommend } from "./recommend.ts";

const words = ["anime", "photo", "cat", "forest", "ohwx", "watercolor", "girl", "neon", "castle", "pixel art"];
const word = fc.constantFrom(...words);
const some = fc.array(word, { maxLength: 3 });
const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
const embedding = fc.option(vector.map((values) => ({ model: "clip", vector: values })));

const lora = fc.record({
  family: fc.constantFrom("sdxl", "sdxl", "sdxl", "flux"),
  triggerWords: some,
  tags: some,
  description: some.map((parts) => parts.join(" ")),
  captionTags: fc.dictionary(word, fc.double({ min: 0, max: 1, noNaN: true }), { maxKeys: 3 }),
  lineage: some,
  embedding,
  ratings: fc.option(fc.record({ average: fc.double({ min: 1, max: 5, noNaN: true }), count: fc.nat(50) })),
  bestStrength: fc.option(fc.record({ strength: fc.double({ min: 0, max: 2, noNaN: true }), ratings: fc.nat(9) })),
  usualStrength: fc.option(fc.double({ min: 0, max: 3, noNaN: true })),
});
const library = fc.array(lora, { maxLength: 8 }).map((all) => all.map((known, at) => loraOf(`lora-${at}`, known)));
const preferences = fc.record({
  maxLoras: fc.integer({ min: 0, max: 5 }),
  minConfidence: fc.double({ min: 0, max: 1, noNaN: true }),
  styleMixing: fc.boolean(),
  strengthBudget: fc.double({ min: 0.1, max: 4, noNaN: true }),
});
const given = fc.uniqueArray(
  fc.record(
    {
      lora: fc.integer({ min: 0, max: 9 }).map((at) => `lora-${at}`),
      strength: fc.double({ min: 0, max: 2, noNaN: true }),
    },
    { requiredKeys: ["lora"] },
  ),
  { selector: (each) => each.lora, maxLength: 3 },
);
const taste = fc.record({ mean: fc.double({ min: 0, max: 1, noNaN: true }), observations: fc.nat(100) });

const request = fc.record({
  prompt: fc.array(word, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(", ")),
  embedding,
  given: given as fc.Arbitrary<GivenLora[]>,
  preferences: preferences.map((each) => LoraPreferences.parse(each)),
});

type Asked = Pick<RecommendRequest, "prompt" | "embedding" | "given" | "preferences">;
const ask = (asked: Asked, loras: readonly LoraFacts[], liking: ReturnType<TasteModel["score"]>) =>
  recommend(
    { ...asked, family: "sdxl", analysis: analysePrompt({ prompt: asked.prompt, negativePrompt: "" }) },
    { loras, taste: { score: () => liking } },
  );

describe("recommend, whatever the library and the prompt", () => {
  it("keeps to the preferences, keeps what is given, and adds up", () => {
    fc.assert(
      fc.property(request, library, taste, (asked, loras, liking) => {
        const result = ask(asked, loras, liking);
        const { maxLoras, minConfidence, styleMixing, strengthBudget } = asked.preferences;
        const chosen = result.loras.filter((each) => !each.given);

        expect(result.loras.filter((each) => each.given).map(({ name }) => name)).toEqual(
          asked.given.map((each) => each.lora),
        );
        for (const [at, { strength }] of asked.given.entries()) {
          if (strength !== undefined) expect(result.loras[at]?.strength.value).toBe(strength);
        }
        expect(result.loras.length).toBeLessThanOrEqual(Math.max(maxLoras, asked.given.length));
        for (const each of chosen) {
          expect(each.confidence).toBeGreaterThanOrEqual(minConfidence);
          expect(loras.find(({ name }) => name === each.name)?.family).toBe("sdxl");
        }
        for (const { reasons, score, confidence, strength } of result.loras) {
          expect(strength.value).toBeGreaterThanOrEqual(0);
          expect(strength.value).toBeLessThanOrEqual(2);
          if (score === null || confidence === null) continue;
          expect(reasons.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score, 9);
          expect(confidence).toBeCloseTo(1 / (1 + Math.exp(-score)), 9);
        }
        const sum = result.loras.reduce((total, { strength }) => total + strength.value, 0);
        if (chosen.length > 0) expect(sum).toBeLessThanOrEqual(strengthBudget + 1e-6);
        if (!styleMixing && asked.given.length === 0) {
          expect(result.warnings.filter((warning) => warning.includes("mix styles"))).toEqual([]);
        }
      }),
    );
  });

  it("gives the same answer whatever the order of the library", () => {
    fc.assert(
      fc.property(request, library, taste, (asked, loras, liking) => {
        expect(ask(asked, [...loras].reverse(), liking)).toEqual(ask(asked, loras, liking));
      }),
    );
  });

  it("is never less certain for more evidence", () => {
    const confidences = (asked: Asked, known: LoraFacts, liking: ReturnType<TasteModel["score"]>) =>
      ask({ ...asked, given: [{ lora: known.name }] }, [known], liking).loras[0]?.confidence ?? 0;
    fc.assert(
      fc.property(request, lora, taste, word, (asked, known, liking, more) => {
        const before = loraOf("one", { ...known, tags: [] });
        const plain = confidences(asked, before, liking);
        const mentioned = asked.prompt.split(", ").includes(more) && !isStyle(more);
        if (mentioned)
          expect(confidences(asked, { ...before, tags: [more] }, liking)).toBeGreaterThanOrEqual(plain - 1e-9);
        const called = { ...before, triggerWords: [...before.triggerWords, asked.prompt.split(", ")[0] ?? ""] };
        expect(confidences(asked, called, liking)).toBeGreaterThanOrEqual(plain - 1e-9);
        const liked = { mean: Math.min(1, liking.mean + 0.1), observations: liking.observations };
        expect(confidences(asked, before, liked)).toBeGreaterThanOrEqual(
          plain - (liking.observations === 0 ? 1 : 1e-9),
        );
      }),
    );
  });
});

/** A tag that names a style also says what the LoRA is not. */
const isStyle = (tag: string): boolean => ["anime", "photo", "watercolor", "pixel art"].includes(tag);
