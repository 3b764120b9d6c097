import { type GivenLora, LoraPreferences } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { loraOf, someLoras } from "../../test/some-loras.ts";
import { analysePrompt } from "../analysis/prompt-rules.ts";
import { noTaste } from "../taste.ts";
import { type RecommendFacts, type RecommendRequest, recommend } from "./recommend.ts";

function ask(
  prompt: string,
  over: Partial<RecommendRequest> & {
    readonly prefer?: Partial<LoraPreferences>;
    readonly given?: readonly GivenLora[];
  } = {},
  facts: Partial<RecommendFacts> = {},
) {
  const { prefer, ...request } = over;
  return recommend(
    {
      prompt,
      analysis: analysePrompt({ prompt, negativePrompt: "" }),
      family: "sdxl",
      given: [],
      preferences: LoraPreferences.parse(prefer ?? {}),
      ...request,
    },
    { loras: someLoras, taste: noTaste, ...facts },
  );
}
const names = (loras: readonly { readonly name: string }[]) => loras.map(({ name }) => name);

describe("recommend", () => {
  it("chooses what the prompt's words call for, with reasons that add up", () => {
    const { loras, passed } = ask("anime girl with ohwx cat in a misty forest");
    expect(names(loras)).toEqual(["my-cat", "ghost-house", "deep-forest"]);
    const [cat] = loras;
    expect(cat?.reasons.map(({ kind }) => kind)).toEqual(["start", "trigger-word", "words", "subject"]);
    expect(cat?.reasons[1]?.words.map(({ text }) => text)).toEqual(["ohwx", "cat"]);
    expect(cat?.triggerWords).toEqual([]);
    expect(passed).toMatchObject([{ name: "anime-lines", because: "same-words" }]);
    expect(passed[0]?.text).toBe("its words are spoken for by ghost-house");
  });

  it("chooses nothing for a prompt that no LoRA is about, however well it is rated", () => {
    const rated = loraOf("loved", { tags: ["anime"], ratings: { average: 5, count: 10_000 } });
    expect(ask("a red car", {}, { loras: [rated] }).loras).toEqual([]);
  });

  it("chooses only LoRAs of the base model's family", () => {
    expect(
      names(ask("manga, anime", { prefer: { minConfidence: 0, maxLoras: 16, strengthBudget: 16 } }).loras),
    ).not.toContain("flux-anime");
    expect(names(ask("manga, anime", { family: "flux" }).loras)).toEqual(["flux-anime"]);
  });

  it("says what would be chosen without a LoRA and without a word", () => {
    const [anime] = ask("anime girl").loras;
    expect(anime?.name).toBe("ghost-house");
    expect(anime?.counterfactuals[0]?.text).toMatch(
      /^without ghost-house, anime-lines \(confidence 0\.\d\d\) would be chosen$/,
    );
    expect(anime?.counterfactuals[1]?.text).toMatch(
      /^without the word "anime" its confidence would be 0\.\d\d, below 0\.60: it would not be chosen$/,
    );
  });

  it("keeps what is given, in its order, whatever speaks against it", () => {
    const given = [{ lora: "film-grain", strength: 1.9 }, { lora: "lora_flux-anime" }, { lora: "elsewhere" }];
    const { loras, warnings } = ask("anime girl", { given, prefer: { maxLoras: 1 } });
    expect(loras.map(({ name, given: isGiven, confidence }) => [name, isGiven, confidence === null])).toEqual([
      ["film-grain", true, false],
      ["flux-anime", true, false],
      ["elsewhere", true, true],
    ]);
    expect(loras[0]?.strength).toEqual({ value: 1.9, source: "given", reason: "you set it" });
    expect(warnings).toEqual([
      "elsewhere is not in the library: nothing is known of it",
      "flux-anime is for flux, not sdxl: it may not load",
      "3 LoRAs are given, more than 1; all are kept",
      expect.stringContaining("pictures may burn"),
      "the LoRAs mix styles: photorealistic, anime",
    ]);
  });

  it("tells of a LoRA that is given twice, by its name and by its id", () => {
    const given = [
      { lora: "my-cat", strength: 0.5 },
      { lora: "lora_my-cat", strength: 0.5 },
    ];
    expect(ask("x", { given }).warnings).toEqual(["my-cat is given twice: it is applied twice"]);
  });

  it("mixes no styles when told not to; what is given sets the style", () => {
    const given = [{ lora: "film-grain" }];
    const { loras, passed } = ask("anime girl", { given, prefer: { styleMixing: false } });
    expect(names(loras)).toEqual(["film-grain"]);
    expect(passed.find(({ name }) => name === "ghost-house")).toMatchObject({
      because: "style",
      text: "its style anime would mix with photorealistic of film-grain, and style mixing is off",
    });
    expect(names(ask("anime girl", { given }).loras)).toEqual(["film-grain", "ghost-house"]);
  });

  it("takes strengths from ratings, else metadata, else 0.8, and lowers several to the budget", () => {
    expect(ask("realistic photo").loras[0]?.strength).toMatchObject({ value: 0.6, source: "ratings" });
    expect(ask("ohwx cat").loras[0]?.strength).toMatchObject({ value: 1, source: "metadata" });
    expect(ask("anime").loras[0]?.strength).toMatchObject({ value: 0.8, source: "default" });
    const { loras } = ask("anime girl with ohwx cat in a misty forest");
    const sum = loras.reduce((total, { strength }) => total + strength.value, 0);
    expect(sum).toBeLessThanOrEqual(1.6);
    expect(sum).toBeGreaterThan(1.55);
    expect(loras[0]?.strength.reason).toContain("1.00 alone, lowered so that all add up to 1.6");
  });

  it("passes a LoRA over for which no visible strength is left", () => {
    const { loras, passed } = ask("anime girl", { given: [{ lora: "my-cat", strength: 1.5 }] });
    expect(names(loras)).toEqual(["my-cat"]);
    expect(passed.find(({ name }) => name === "ghost-house")?.because).toBe("budget");
  });

  it("hears embeddings of one model only", () => {
    const loras = [loraOf("near", { embedding: { model: "clip", vector: [1, 0] } })];
    const near = ask("x", { embedding: { model: "clip", vector: [2, 0.1] }, prefer: { minConfidence: 0 } }, { loras });
    expect(near.loras[0]?.reasons[1]).toMatchObject({ kind: "embedding", points: 2 });
    const other = ask("x", { embedding: { model: "siglip", vector: [1, 0] }, prefer: { minConfidence: 0 } }, { loras });
    expect(other.loras[0]?.reasons).toHaveLength(1);
  });

  it("takes the closer of a LoRA's words and its cover, and says what was compared", () => {
    const loras = [
      loraOf("seen", {
        embedding: { model: "clip", vector: [0.65, 0.76] },
        coverEmbedding: { model: "clip", vector: [0.31, 0.95] },
      }),
      loraOf("unseen"),
    ];
    const found = ask("x", { embedding: { model: "clip", vector: [1, 0] }, prefer: { minConfidence: 0 } }, { loras });
    const reason = found.loras.find(({ name }) => name === "seen")?.reasons.find(({ kind }) => kind === "embedding");
    expect(reason?.text).toBe("its cover lies close to the prompt (cosine 0.31)");
    expect(reason?.points).toBeCloseTo((2 * (0.31 - 0.18)) / 0.14, 1);
    expect(found.comparison).toBe("LoRAs are compared with the prompt by words and by clip (1 of 2 have an embedding)");
    expect(ask("x", {}, { loras }).comparison).toContain("by words alone");
  });

  it("asks the model of taste about the LoRA, the family and the subject", () => {
    const asked: unknown[] = [];
    const taste = {
      score: (context: unknown) => {
        asked.push(context);
        return { mean: 0, observations: 45 };
      },
    };
    const { loras } = ask(
      "anime girl",
      { prefer: { minConfidence: 0 } },
      { loras: [someLoras[0] ?? loraOf("x")], taste },
    );
    expect(asked[0]).toEqual({ lora: "anime-lines", family: "sdxl", subject: "person" });
    const reason = loras[0]?.reasons.find(({ kind }) => kind === "taste");
    expect(reason?.points).toBeCloseTo(-1.08);
    expect(reason?.text).toBe("its pictures of this kind were rated 1.0 of 5 (45 ratings)");
  });

  it("turns a LoRA away whose style the prompt excludes, and names trigger words that are missing", () => {
    const cold = loraOf("manga-cat", { tags: ["manga", "cat"], triggerWords: ["mngct"] });
    const { loras } = ask("photo of a cat", { prefer: { minConfidence: 0 } }, { loras: [cold] });
    expect(loras[0]?.reasons.find(({ kind }) => kind === "style")).toMatchObject({
      text: "the prompt asks for photorealistic, its style is anime",
    });
    expect(loras[0]?.reasons.find(({ kind }) => kind === "style")?.points).toBeLessThan(0);
    expect(loras[0]?.triggerWords).toEqual(["mngct"]);
  });
});
