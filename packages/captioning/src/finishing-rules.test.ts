import { CaptionStyle } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateTokens } from "./count-tokens.ts";
import { finishCaption, previewFinish } from "./finish-caption.ts";

const style = (over: Partial<CaptionStyle> = {}) => CaptionStyle.parse(over);

describe("finishing rules", () => {
  it.each<[string, string, Partial<CaptionStyle>, string]>([
    [
      "prefix and suffix",
      "a dog on grass",
      { prefix: "a photo of", suffix: "daylight" },
      "a photo of a dog on grass, daylight",
    ],
    ["the trigger before the prefix", "a dog", { triggerWord: "sks", prefix: "film photo," }, "sks, film photo, a dog"],
    [
      "replacements in order",
      "a puppy on a lawn",
      {
        replace: [
          { from: "puppy", to: "dog" },
          { from: "lawn", to: "meadow" },
        ],
      },
      "a dog on a meadow",
    ],
    ["a replacement by nothing", "a very big dog", { replace: [{ from: "very", to: "" }] }, "a big dog"],
    [
      "excluded words",
      "a dog, watermark, text in the corner",
      { exclude: ["watermark", "text"] },
      "a dog, in the corner",
    ],
    ["words that must be there", "a dog on grass", { include: ["grass", "outdoors"] }, "a dog on grass, outdoors"],
    [
      "tags out of sentences",
      "A brown dog is running on the beach and a ball lies in the sand.",
      { form: "tags" },
      "brown dog is running, on the beach, ball lies in the sand",
    ],
    ["tags once", "1girl, long_hair, Smile, smile, the sky", { form: "tags" }, "1girl, long hair, smile, sky"],
    ["nothing left", "watermark", { exclude: ["watermark"] }, "a photo"],
    ["a caption that is no more than its prefix", "a photo", { prefix: "a photo of" }, "a photo"],
    ["nothing left of a class", "watermark", { exclude: ["watermark"], className: "dog" }, "dog"],
  ])("know %s", (_, raw, over, expected) => {
    expect(finishCaption(raw, style(over))).toBe(expected);
  });

  it.each<[CaptionStyle["recipe"] & string, string, string]>([
    [
      "identity",
      "a young woman with long brown hair and blue eyes sits on a bench, freckles, smiling",
      "a woman sits on a bench, smiling",
    ],
    ["identity", "a woman in a red coat, green eyes", "a woman in a red coat"],
    ["identity", "an old house with large windows", "an old house with large windows"],
    ["style", "an oil painting of a boat at sea, in the style of Claude Monet, visible brush strokes", "a boat at sea"],
    ["style", "a watercolor illustration of two cats, watercolor", "two cats"],
    ["style", "a man painting a fence", "a man painting a fence"],
    [
      "product",
      'a bottle with a white label reading "Fresh" on a wooden table, product photography, soft light',
      "a bottle on a wooden table, soft light",
    ],
    ["product", "a shoe with a red logo, on sand", "a shoe, on sand"],
  ])("leave to the trigger word what %s is about: %s", (recipe, raw, expected) => {
    expect(finishCaption(raw, style({ recipe }))).toBe(expected);
  });

  it("cut at a word, by words, characters or tokens, and keep what must be there", () => {
    const raw = "a large brown dog that runs along a sandy beach with a red ball in its mouth under a cloudy sky";
    const over = { triggerWord: "sks", suffix: "golden hour", tags: ["35mm"] };
    const byCharacters = finishCaption(raw, style({ ...over, maxCharacters: 60 }));
    expect(byCharacters).toBe("sks, a large brown dog that runs along, golden hour, 35mm");
    const byTokens = finishCaption(raw, style({ ...over, maxTokens: 24 }));
    expect(estimateTokens(byTokens)).toBeLessThanOrEqual(24);
    expect(byTokens).toMatch(/^sks, a large brown dog.*, golden hour, 35mm$/);
    for (const word of byTokens.replaceAll(",", "").split(" ")) expect(`${raw} sks golden hour 35mm`).toContain(word);
  });

  it("take out a watermark that a cut leaves at the end of a sentence", () => {
    const over = { suffix: "at night", maxCharacters: 40 };
    const once = finishCaption("a dog under a grey sky. watermark paper on a desk in a room", style(over));
    expect(once).toBe("a dog under a grey sky, at night");
    expect(finishCaption(once, style(over))).toBe(once);
  });

  it("are shown one by one, with what each did", () => {
    const { text, rules } = previewFinish(
      "The image shows a puppy on a lawn.",
      style({ triggerWord: "sks", className: "dog", replace: [{ from: "puppy", to: "dog" }], tags: ["soft light"] }),
    );
    expect(text).toBe("sks, a dog on a lawn, soft light");
    expect(rules.map(({ rule, changed }) => `${rule}${changed ? "" : " -"}`)).toEqual([
      "clean",
      "replace",
      "trigger",
      "repeats -",
      "marks -",
      "class -",
      "tags",
      "length -",
      "never-empty -",
    ]);
    expect(rules[1]).toEqual({
      rule: "replace",
      does: "puts other words in the place of some",
      before: "a puppy on a lawn",
      after: "a dog on a lawn",
      changed: true,
    });
  });

  const words = fc.array(
    fc.constantFrom("a", "dog", "red", "on", "the", "grass,", "sks", "sky.", "and", "tree", "watermark"),
    {
      maxLength: 40,
    },
  );
  const styles = fc.record(
    {
      triggerWord: fc.constantFrom("sks", "ohwx man"),
      className: fc.constantFrom("dog", "man"),
      prefix: fc.constantFrom("a photo of", "film,"),
      suffix: fc.constant("at night"),
      tags: fc.subarray(["grain", "red", "35mm"]),
      include: fc.subarray(["outdoors", "tree"]),
      exclude: fc.constant<string[]>(["watermark"]),
      maxWords: fc.integer({ min: 16, max: 40 }),
      maxTokens: fc.integer({ min: 40, max: 80 }),
      maxCharacters: fc.integer({ min: 80, max: 200 }),
    },
    { requiredKeys: [] },
  );

  it("never leave a caption empty, too long, without its trigger word, or different when done again", () => {
    fc.assert(
      fc.property(words, styles, (list, over) => {
        const options = style(over as Partial<CaptionStyle>);
        const once = finishCaption(list.join(" "), options);
        expect(once.trim()).not.toBe("");
        expect(once.split(/\s+/).length).toBeLessThanOrEqual(options.maxWords);
        if (options.maxTokens !== undefined) expect(estimateTokens(once)).toBeLessThanOrEqual(options.maxTokens);
        if (options.maxCharacters !== undefined) expect(once.length).toBeLessThanOrEqual(options.maxCharacters);
        if (options.triggerWord !== undefined) expect(once.startsWith(options.triggerWord)).toBe(true);
        expect(once).not.toMatch(/\s,|,,|\s{2}/);
        if (options.exclude !== undefined) expect(once).not.toContain("watermark");
        // Words that join others leave nothing behind, and a prefix before nothing is no caption.
        const saysSomething = list.some((word) => /dog|red|grass|sky|tree/.test(word));
        if (saysSomething) expect(finishCaption(once, options)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });
});
