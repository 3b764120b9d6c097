import { PromptAnalysis, promptFacets } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analysePrompt } from "./prompt-rules.ts";
import { vocabularies } from "./vocabulary/index.ts";

const analyse = (prompt: string, negativePrompt = "") => analysePrompt({ prompt, negativePrompt });
const values = (findings: readonly { readonly value: string }[]) => findings.map(({ value }) => value);

describe("analysePrompt", () => {
  it("finds what a prompt asks for, each with the words that say so", () => {
    const prompt = "Anime portrait of a samurai in a misty forest, (golden hour:1.3), watercolour, low-angle";
    const found = analyse(prompt);
    expect(values(found.subject)).toEqual(["landscape", "person"].sort((a, b) => (a < b ? 1 : -1)));
    expect(found.style[0]).toEqual({
      value: "anime",
      weight: 1,
      words: [{ in: "prompt", start: 0, end: 5, text: "Anime" }],
    });
    expect(found.medium[0]?.value).toBe("watercolour");
    expect(found.lighting[0]).toMatchObject({ value: "golden-hour", weight: 1.3, words: [{ text: "golden hour" }] });
    expect(values(found.composition)).toEqual(["low-angle", "portrait"]);
    expect(found.intent[0]?.value).toBe("portrait");
    expect(found).toMatchObject({ source: "rules", fallbackReason: null, language: { code: "en" } });
  });

  it("takes the longest phrase, finds plurals, and says nothing of what is refused", () => {
    expect(values(analyse("two cats without people, oil painting").subject)).toEqual(["animal"]);
    expect(values(analyse("oil painting").medium)).toEqual(["oil-painting"]);
    expect(values(analyse("living room").subject)).toEqual(["interior"]);
  });

  it("guesses the intent from the subject where no word says it", () => {
    expect(analyse("a bottle of perfume").intent[0]).toMatchObject({ value: "product-shot" });
    expect(analyse("a knight, a dragon and a castle").intent[0]).toMatchObject({ value: "scene" });
    expect(analyse("a castle, logo").intent[0]).toMatchObject({ value: "graphic-design" });
    expect(analyse("xyzzy").intent).toEqual([]);
  });

  it("names contradictions with both words", () => {
    const { conflicts } = analyse("photo of an anime girl, close-up, full body");
    expect(conflicts.map(({ kind }) => kind)).toEqual(["style", "composition"]);
    expect(conflicts[0]?.message).toBe(
      '"photo" asks for photorealistic and "anime" for anime: one picture cannot be both',
    );
    expect(analyse("photorealistic portrait, oil painting").conflicts).toEqual([]);
  });

  it("names words that the negative prompt repeats, but not parts of longer refusals", () => {
    const { conflicts } = analyse("a girl with long hair and red hands", "girls, bad hands, blurry");
    expect(conflicts).toEqual([
      {
        kind: "negative",
        message: '"girl" is in the prompt and in the negative prompt',
        words: [
          { in: "prompt", start: 2, end: 6, text: "girl" },
          { in: "negativePrompt", start: 0, end: 5, text: "girls" },
        ],
      },
    ]);
  });

  it("rates complexity by what has to be right, not by quality words", () => {
    const simple = analyse("a red apple, masterpiece, best quality, highly detailed, 8k, award winning");
    const complex = analyse(
      "a knight riding a dragon above a burning city while an army of robots fights between the towers, a river reflecting the neon lights, wide shot, oil painting, dramatic lighting, art nouveau ornaments, flowers, banners, smoke, scattered shields and a distant volcano behind snowy mountains",
    );
    expect(simple.complexity.level).toBe("simple");
    expect(
      analyse("an old wizard reading in a library beside a sleeping cat, candlelight, oil painting").complexity.level,
    ).toBe("moderate");
    expect(complex.complexity.level).toBe("complex");
  });

  it("says what it cannot read", () => {
    expect(analyse("eine Frau mit rotem Kleid im Wald")).toMatchObject({
      language: { code: "de" },
      notes: [expect.stringContaining("LLM_URL")],
    });
    expect(analyse(`${"a cat, ".repeat(1000)}dog`).notes).toEqual(["only the first 4000 characters were looked at"]);
  });

  it("always answers in shape, the same every time, with complexity's points adding up", () => {
    const vocabulary = Object.values(vocabularies).flatMap((facet) => Object.values(facet).flatMap(Object.keys));
    const piece = fc.oneof(
      fc.constantFrom(...vocabulary),
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom("(", ")", ":1.3)", "no", ","),
    );
    const text = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(text, text, (prompt, negativePrompt) => {
        const analysis = PromptAnalysis.parse(analysePrompt({ prompt, negativePrompt }));
        expect(analysePrompt({ prompt, negativePrompt })).toEqual(analysis);
        const points = analysis.complexity.reasons.reduce((sum, reason) => sum + reason.points, 0);
        expect(points).toBeCloseTo(analysis.complexity.score, 9);
        const words = [analysis.subject, analysis.style, analysis.medium].flat().flatMap((finding) => finding.words);
        for (const { start, end, text: said } of words) expect(prompt.slice(start, end)).toBe(said);
      }),
    );
  });
});

describe("vocabularies", () => {
  it("speak of every value that a facet can take, in the form in which words are looked up", () => {
    for (const [facet, own] of Object.entries(vocabularies)) {
      expect(Object.keys(own).sort()).toEqual([...promptFacets[facet as keyof typeof promptFacets]].sort());
      for (const phrases of Object.values(own)) {
        for (const [phrase, weight] of Object.entries(phrases)) {
          expect(phrase).toMatch(/^[a-z0-9' ]+$/);
          expect(weight).toBeGreaterThan(0);
          expect(weight).toBeLessThanOrEqual(1);
        }
      }
    }
  });
});
