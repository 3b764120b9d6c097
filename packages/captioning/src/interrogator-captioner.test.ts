import { CaptionStyle, type ImageTextEmbedder } from "@loramill/contracts";
import { createLetterEmbedder, preparedPicture, runCaptionerSuite } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { interrogationTables, ownLists } from "./interrogation-lists.ts";
import { createInterrogatorCaptioner } from "./interrogator-captioner.ts";
import { describeCaptioner } from "./local-captioners.ts";

const tables = interrogationTables({
  mediums: ["ink"],
  artists: ["Zed"],
  movements: ["cubism"],
  sites: ["a wall"],
  flavors: ["zigzag", "fuzzy", "gold", "mist", "jazz", "quick"],
});
const open = (embedder: ImageTextEmbedder = createLetterEmbedder(), over: Partial<typeof describeCaptioner> = {}) =>
  createInterrogatorCaptioner({ embedder, tables, mode: "classic", base: { ...describeCaptioner, ...over } });
const { signal } = new AbortController();
const style = CaptionStyle.parse({ className: "dog" });
const request = (path: string) => ({
  image: preparedPicture(path),
  style,
  pixels: async () => ({ bytes: new TextEncoder().encode("zigzag jazz"), mediaType: "image/png" }),
});

runCaptionerSuite("the interrogator", async () => ({ captioner: open(), close: async () => undefined }));

describe("the interrogator", () => {
  it("puts what is close to the picture behind what the other captioner says, without its full stop", async () => {
    const { text } = await open(undefined, {
      caption: async () => ({ text: "A sleeping dog.", charges: [] }),
    }).caption(request("a.png"), signal);
    expect(text).toMatch(/^a sleeping dog, ink (?:by|inspired by) Zed, /);
    expect(text.split(", ").slice(4)).toEqual(expect.arrayContaining(["zigzag", "jazz"]));
  });

  it("has what it begins with in the key of a picture's caption, and lists, mode and base in its settings", () => {
    const { beside, settings, id } = open();
    expect(id).toBe("interrogator:letters/1");
    const texts = ["a red boat", "a blue car"].map((title) => {
      const { content } = preparedPicture("a.png");
      return beside?.({ image: preparedPicture("a.png", { content: { ...content, title } }), style });
    });
    expect(texts[0]).not.toEqual(texts[1]);
    const other = createInterrogatorCaptioner({
      embedder: createLetterEmbedder(),
      tables: { ...tables, flavors: ["other"] },
      mode: "classic",
      base: describeCaptioner,
    });
    expect(other.settings?.tables).not.toBe(settings?.tables);
  });

  it("is there as far as the embedder and the other captioner are", async () => {
    const away = async () => ({ available: false, message: "no files" });
    const embedder = { ...createLetterEmbedder(), isAvailable: away };
    expect(await open(embedder).isAvailable()).toEqual({ available: false, message: "no files" });
    expect(await open(undefined, { isAvailable: away }).isAvailable()).toMatchObject({ available: false });
  });

  it("asks for the points of its labels once for all pictures, and again when that was called off", async () => {
    const embedder = createLetterEmbedder();
    let loads = 0;
    const stop = new AbortController();
    const captioner = createInterrogatorCaptioner({
      embedder,
      tables,
      mode: "fast",
      base: describeCaptioner,
      points: async (labels, loading) => {
        loads += 1;
        if (loads === 1) {
          stop.abort(new Error("enough"));
          loading.throwIfAborted();
        }
        return embedder.embedTexts(labels, loading);
      },
    });
    const first = expect(captioner.caption(request("a.png"), stop.signal)).rejects.toThrow("enough");
    const others = ["b.png", "c.png"].map((path) => captioner.caption(request(path), signal));
    await first;
    for (const { text } of await Promise.all(others)) expect(text).toContain("zigzag");
    expect(loads).toBe(2);
  });

  it("answers an abort at once while another picture waits for the points", async () => {
    const embedder = createLetterEmbedder();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const captioner = createInterrogatorCaptioner({
      embedder,
      tables,
      mode: "fast",
      base: describeCaptioner,
      points: async (labels, loading) => {
        await held;
        return embedder.embedTexts(labels, loading);
      },
    });
    const first = captioner.caption(request("a.png"), signal);
    const stop = new AbortController();
    const second = captioner.caption(request("b.png"), stop.signal);
    stop.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    letGo();
    expect((await first).text).toContain("zigzag");
  });

  it("takes the embedder's own count of tokens where it has one", async () => {
    const embedder = {
      ...createLetterEmbedder(),
      maxTokens: 3,
      countTokens: (text: string) => text.split(", ").length,
    };
    const { text } = await open(embedder).caption(request("a.png"), signal);
    expect(text.split(", ")).toHaveLength(3);
  });
});

describe("our own lists", () => {
  it("name every phrase once, in one line", () => {
    for (const [name, phrases] of Object.entries(ownLists)) {
      expect(new Set(phrases).size, name).toBe(phrases.length);
      for (const phrase of phrases) expect(phrase, name).toMatch(/^\S(?:[^\n,]*\S)?$/);
    }
    expect(interrogationTables(ownLists).trending).toContain("featured on a gallery");
  });
});
