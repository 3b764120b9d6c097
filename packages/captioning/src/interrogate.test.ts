import { createLetterEmbedder } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { estimateTokens } from "./count-tokens.ts";
import { createInterrogator, type InterrogationMode, type InterrogationTables } from "./interrogate.ts";

const tables: InterrogationTables = {
  mediums: ["oil paint", "ink"],
  artists: ["by zed", "by moo"],
  movements: ["cubism", "op art"],
  trending: ["on a wall"],
  flavors: ["zigzag", "fuzzy", "gold", "mist", "jazz", "quick"],
};
const signal = new AbortController().signal;
const ask = (mode: InterrogationMode, picture: string, caption: string, embedder = createLetterEmbedder()) =>
  createInterrogator(embedder, tables)({ picture: new TextEncoder().encode(picture), caption, mode, signal });

describe("createInterrogator", () => {
  it("puts medium and artist, place, movement and three flavors behind the caption: classic", async () => {
    const prompt = await ask("classic", "zz zigzag jazz fuzzy zed ink cubism", "a dog");
    expect(prompt.startsWith("a dog, ink by zed, on a wall, cubism, ")).toBe(true);
    expect(prompt.split(", ").slice(4).sort()).toEqual(["fuzzy", "jazz", "zigzag"]);
    expect(await ask("classic", "ink zed", "ink on paper")).toMatch(/^ink on paper, by zed, /);
  });

  it("puts the closest of all words behind the caption: fast", async () => {
    const prompt = await ask("fast", "zigzag", "a dog");
    expect(prompt.startsWith("a dog, zigzag, ")).toBe(true);
    expect(prompt.split(", ").length).toBe(14);
  });

  it("chooses words that bring the prompt closer one by one, and is never further than the others: best", async () => {
    const embedder = createLetterEmbedder();
    const picture = "a dog zigzag gold";
    const similarityOf = async (text: string) => {
      const point = await embedder.embedImage(new TextEncoder().encode(picture), signal);
      const [other = new Float32Array(26)] = await embedder.embedTexts([text], signal);
      return point.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
    };
    const best = await ask("best", picture, "a dog", embedder);
    expect(best).toContain("zigzag");
    for (const mode of ["classic", "fast"] as const) {
      expect(await similarityOf(best)).toBeGreaterThanOrEqual(await similarityOf(await ask(mode, picture, "a dog")));
    }
    expect(await similarityOf(best)).toBeGreaterThan(await similarityOf("a dog"));
    expect(await ask("best", picture, "a dog")).toBe(best);
  });

  it("ends where the text encoder does", async () => {
    for (const mode of ["classic", "fast", "best"] as const) {
      const prompt = await ask(mode, "zigzag gold mist", "a dog", createLetterEmbedder({ maxTokens: 14 }));
      expect(estimateTokens(prompt)).toBeLessThanOrEqual(12);
    }
  });

  it("embeds labels once, however many pictures are asked about", async () => {
    const embedder = createLetterEmbedder();
    const interrogate = createInterrogator(embedder, tables);
    const question = { picture: new TextEncoder().encode("zigzag"), caption: "a dog", mode: "fast", signal } as const;
    await interrogate(question);
    const first = embedder.embedded;
    await interrogate({ ...question, picture: new TextEncoder().encode("gold") });
    expect([first, embedder.embedded]).toEqual([13, 13]);
  });

  it("begins no load of labels for one that was stopped meanwhile: nobody would hear of its end", async () => {
    const embedder = createLetterEmbedder();
    const stopped = new AbortController();
    const embedImage = async (picture: Uint8Array) => {
      const point = await embedder.embedImage(picture, signal);
      stopped.abort(new Error("stopped"));
      return point;
    };
    let asked = 0;
    const labelPoints = async () => {
      asked += 1;
      throw stopped.signal.reason;
    };
    const interrogate = createInterrogator({ ...embedder, embedImage }, tables, labelPoints);
    const question = { picture: new Uint8Array(), caption: "a dog", mode: "fast", signal: stopped.signal } as const;
    await expect(interrogate(question)).rejects.toThrow("stopped");
    expect(asked).toBe(0);
  });
});
