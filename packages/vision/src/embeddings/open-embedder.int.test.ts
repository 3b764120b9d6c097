import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeImage } from "@loramill/imaging";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TinyClip, writeTinyClip } from "../../test/tiny-clip.ts";
import { embedderConfig } from "./embedder-config.ts";
import { type OpenedEmbedder, openEmbedder } from "./open-embedder.ts";

let folder: string;
const opened: OpenedEmbedder[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clip-"));
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(name: string, model?: TinyClip): Promise<OpenedEmbedder> {
  const path = join(folder, name);
  if (model !== undefined) await writeTinyClip(path, model);
  const options = embedderConfig.options(embedderConfig.env.parse({ CLIP_MODEL: path }));
  const embedder = await openEmbedder(options as NonNullable<typeof options>);
  opened.push(embedder);
  return embedder;
}

const { signal } = new AbortController();
const plain = (rgb: readonly number[], width = 64, height = 64) =>
  encodeImage(
    { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => rgb[at % 3] as number) },
    "png",
  );
const rounded = (vector: Float32Array | undefined) => [...(vector ?? [])].map((value) => Math.round(value * 100) / 100);
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);

describe.each(["two files", "one file", "SigLIP"] as const)("an embedder over ONNX: %s", (layout) => {
  it("lays a picture close to the text that says what it shows, in unit vectors", async () => {
    const embedder = await open(`good ${layout}`, { layout });
    expect(embedder).toMatchObject({ id: expect.stringMatching(/^clip:good .+@[0-9a-f]{12}$/), maxTokens: 16 });
    expect(await embedder.isAvailable()).toMatchObject({ available: true });
    const texts = ["a photo of a red wall", "the blue sea", "Green"];
    const points = await embedder.embedTexts(texts, signal);
    for (const [at, colour] of [
      [220, 10, 20],
      [5, 20, 230],
      [10, 200, 30],
    ].entries()) {
      const picture = await embedder.embedImage(await plain(colour, 40 + at * 30, 64), signal);
      expect(Math.hypot(...picture)).toBeCloseTo(1, 5);
      const scores = points.map((point) => cosine(picture, point));
      expect(scores.indexOf(Math.max(...scores))).toBe(at);
    }
  });

  it("gives a text the same vector whatever texts it is asked about with", async () => {
    const embedder = await open(`batch ${layout}`, { layout });
    const many = Array.from({ length: 70 }, (_, n) => ["red", "a photo of the blue wall", "sea"][n % 3] as string);
    const [alone] = await embedder.embedTexts(["red"], signal);
    const all = await embedder.embedTexts(many, signal);
    expect(all).toHaveLength(70);
    for (let at = 0; at < 70; at += 3) expect(rounded(all[at])).toEqual(rounded(alone));
    expect(await embedder.embedTexts([], signal)).toEqual([]);
  });

  it("reads a text to the end of the model's view, marks included, and counts its tokens", async () => {
    const embedder = await open(`long ${layout}`, { layout, maxTokens: 8 });
    expect(embedder.countTokens?.("a photo of a red wall")).toBe(8);
    const [short, long] = await embedder.embedTexts(["a a a a a a", "a a a a a a red red red"], signal);
    expect(rounded(long)).toEqual(rounded(short));
  });
});

describe("an embedder", () => {
  it("stops at once when its signal has aborted, goes on with the next question, and ends when it is closed", async () => {
    const embedder = await open("stopped", { layout: "two files" });
    const reason = new Error("enough");
    await expect(embedder.embedTexts(["red"], AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(embedder.embedImage(await plain([1, 2, 3]), AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const open1 = embedder.embedTexts(
      Array.from({ length: 5_000 }, () => "red wall"),
      stop.signal,
    );
    stop.abort(reason);
    await expect(open1).rejects.toBe(reason);
    expect(await embedder.embedTexts(["red"], signal)).toHaveLength(1);
    await Promise.all([embedder.close(), embedder.close()]);
    await expect(embedder.embedTexts(["red"], signal)).rejects.toMatchObject({ code: "drained" });
  });

  it("has another id when a file is another", async () => {
    const ids = [
      (await open("same/model", { layout: "two files" })).id,
      (await open("copy/model", { layout: "two files" })).id,
      (await open("other/model", { layout: "two files", maxTokens: 9 })).id,
    ];
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it("says which files are missing or wrong", async () => {
    const nowhere = await open("nowhere");
    expect(await nowhere.isAvailable()).toEqual({
      available: false,
      message: `CLIP_MODEL: there is no folder ${join(folder, "nowhere")}`,
    });
    await mkdir(join(folder, "empty"));
    const empty = await open("empty");
    expect((await empty.isAvailable()).message).toContain(
      "has no vision_model.onnx and text_model.onnx (or model.onnx), no preprocessor_config.json, no tokenizer.json",
    );
    const bad = { errorClass: "permanent", code: "bad-embedder" };
    await expect(empty.embedTexts(["red"], signal)).rejects.toMatchObject(bad);
    await open("junk", { layout: "two files" });
    await writeFile(join(folder, "junk", "text_model.onnx"), "junk");
    const junk = await open("junk");
    await expect(junk.embedTexts(["red"], signal)).rejects.toMatchObject({
      ...bad,
      message: expect.stringMatching(/^CLIP_MODEL: .*text_model\.onnx cannot be opened/),
    });
    await writeFile(join(folder, "junk", "tokenizer.json"), "{}");
    expect((await (await open("junk")).isAvailable()).message).toMatch(/tokenizer\.json is no tokenizer\.json/);
    await writeFile(join(folder, "junk", "preprocessor_config.json"), '{ "size": "large" }');
    expect((await (await open("junk")).isAvailable()).message).toMatch(/preprocessor_config\.json cannot be followed/);
    const mixed = await open("mixed", { layout: "two files", textDimensions: 4 });
    await mixed.embedImage(await plain([9, 9, 9]), signal);
    await expect(mixed.embedTexts(["red"], signal)).rejects.toMatchObject({
      ...bad,
      message: expect.stringContaining("pictures have 3 dimensions and texts 4"),
    });
  });
});

it("leaves nothing behind in the user's folders, and so tells nobody what it did", async () => {
  const script = fileURLToPath(new URL("../../test/lone-embedder.ts", import.meta.url));
  const home = join(folder, "home");
  await mkdir(home);
  // Nothing of what says that this is a test, which would keep the runtime silent too.
  const env = { HOME: home, TMPDIR: home };
  const { stdout } = await promisify(execFile)(process.execPath, [script, join(folder, "lone")], { env });
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(await readdir(home, { recursive: true })).toEqual([]);
});
