import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { estimateTokens, finishCaption } from "@loramill/captioning";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyClipTokenizer, tinyT5Tokenizer } from "../../test/tiny-tokenizer.ts";
import { openTokenCounters } from "./open-token-counters.ts";
import { tokenizerConfig } from "./tokenizer-config.ts";
import { readTokenizer } from "./tokenizer-file.ts";

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tokenizers-"));
  await writeFile(
    path("clip.json"),
    JSON.stringify(tinyClipTokenizer(["a", "photo", "of", "astronaut", "rhododendron"])),
  );
  await writeFile(path("t5.json"), JSON.stringify(tinyT5Tokenizer(["a", "photo", "of", "cat"])));
  await writeFile(path("bad.json"), "{}");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (env: Record<string, string>) =>
  openTokenCounters(tokenizerConfig.options(tokenizerConfig.env.parse(env)));

describe("a tokenizer file", () => {
  it("splits as CLIP does: case, spaces, signs and digits, words it knows whole and others in letters", async () => {
    const tokenizer = await readTokenizer(path("clip.json"));
    expect(tokenizer.count("A  photo of\nan")).toBe(3 + 2);
    expect(tokenizer.count("Photo, 1024!!!")).toBe(1 + 1 + 4 + 3);
    expect(tokenizer.count("")).toBe(0);
    expect(tokenizer.count("<|endoftext|>")).toBe(1);
  });

  it("puts the marks around a text, and keeps the end mark when it cuts", async () => {
    const tokenizer = await readTokenizer(path("clip.json"));
    const ids = tokenizer.encode("a photo of a photo");
    expect([ids[0], ids.at(-1)]).toEqual([tokenizer.idOf("<|startoftext|>"), tokenizer.idOf("<|endoftext|>")]);
    const cut = tokenizer.encode("a photo of a photo", 5);
    expect(cut).toEqual([...ids.slice(0, 4), ids.at(-1)]);
    expect(tokenizer.idOf("nothing like it")).toBeNull();
  });
});

describe("token counters", () => {
  it("count as the model does, where the estimate would be on the safe side", async () => {
    const { clip, t5 } = await open({ CLIP_TOKENIZER: path("clip.json"), T5_TOKENIZER: path("t5.json") });
    const text = "a photo of a rhododendron";
    expect(clip).toMatchObject({ available: true, id: expect.stringMatching(/^clip@[0-9a-f]{12}$/) });
    expect(clip?.count(text)).toBe(5);
    expect(estimateTokens(text)).toBeGreaterThan(5);
    expect(t5?.count("a photo of a cat")).toBe(5);
  });

  it("cut a caption where the model stops reading, at a word", async () => {
    const { clip } = await open({ CLIP_TOKENIZER: path("clip.json") });
    const raw = "a photo of astronaut rhododendron on grass";
    const style = { maxWords: 75, tags: [], maxTokens: 5, countTokens: (text: string) => clip?.count(text) ?? 0 };
    expect(finishCaption(raw, style)).toBe("a photo of astronaut rhododendron");
    const { countTokens: _, ...estimated } = style;
    expect(finishCaption(raw, estimated)).not.toContain("astronaut");
  });

  it("are left out where no file is named, and say which setting names a file that is none", async () => {
    expect(await open({})).toEqual({});
    const { clip, t5 } = await open({ CLIP_TOKENIZER: path("none.json"), T5_TOKENIZER: path("bad.json") });
    expect(clip).toMatchObject({
      available: false,
      message: expect.stringMatching(/^CLIP_TOKENIZER: .*none\.json cannot be read/),
    });
    expect(t5).toMatchObject({
      available: false,
      message: expect.stringMatching(/^T5_TOKENIZER: .*bad\.json is no tokenizer/),
    });
    expect(() => t5?.count("a")).toThrow(expect.objectContaining({ code: "bad-tokenizer" }));
  });
});
