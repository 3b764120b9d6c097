import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CaptionStyle, type RgbImage } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { preparedPicture, runCaptionerSuite } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TinyTag, tinyTagger, tinyTagList } from "../../test/tiny-tagger.ts";
import { taggerConfig } from "./tagger-config.ts";
import { openWdTagger } from "./wd-tagger.ts";

const tags: TinyTag[] = [
  { name: "explicit", category: 9, bias: 5 },
  { name: "red_theme", category: 0, bias: -12.8, weights: [0.1, 0, 0] },
  { name: "green_theme", category: 0, bias: -12.8, weights: [0, 0.1, 0] },
  { name: "blue_theme", category: 0, bias: -12.8, weights: [0, 0, 0.1] },
  { name: "o_o", category: 0, bias: -5, weights: [0.1, 0, 0] },
  { name: "someone_(a,_b)", category: 4, bias: -20, weights: [0, 0, 0.1] },
];

let folder: string;
const opened: Awaited<ReturnType<typeof openWdTagger>>[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tagger-"));
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(name: string, files: { model?: Uint8Array; tags?: string }) {
  const model = join(folder, name, "model.onnx");
  await mkdir(join(folder, name), { recursive: true });
  if (files.model) await writeFile(model, files.model);
  if (files.tags) await writeFile(join(folder, name, "selected_tags.csv"), files.tags);
  const options = taggerConfig.options(taggerConfig.env.parse({ WD_TAGGER_MODEL: model }));
  const tagger = await openWdTagger(options as NonNullable<typeof options>);
  opened.push(tagger);
  return tagger;
}

const good = { model: tinyTagger(tags), tags: tinyTagList(tags) };
const style = CaptionStyle.parse({});
const { signal } = new AbortController();

function plain(rgb: readonly [number, number, number], width = 64, height = 64): RgbImage {
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => rgb[at % 3] as number) };
}

async function tag(tagger: (typeof opened)[number], picture: RgbImage, stop = signal) {
  const bytes = await encodeImage(picture, "png");
  const pixels = async () => ({ bytes, mediaType: "image/png" });
  return (await tagger.caption({ image: preparedPicture("a.png"), pixels, style }, stop)).text;
}

runCaptionerSuite("a WD tagger", async () => {
  const captioner = await open("suite", good);
  const pixels = (path: string) => {
    const [one, other] = path.charCodeAt(4) % 2 === 0 ? [250, 0] : [0, 250];
    return encodeImage(plain([one, 0, other], 8, 8), "png");
  };
  return { captioner, pixels, close: () => captioner.close() };
});

describe("a tagger of a model file", () => {
  it("is called after its folder, and its files and thresholds are part of every caption's key", async () => {
    const tagger = await open("wd-tiny-v3", good);
    expect(tagger.id).toBe("wd-tagger:wd-tiny-v3");
    expect(await tagger.isAvailable()).toMatchObject({ available: true, message: expect.stringContaining("6 tags") });
    const other = await open("wd-tiny-v4", {
      ...good,
      model: tinyTagger(tags.with(0, { ...tags[0], bias: 4 } as TinyTag)),
    });
    expect(tagger.settings).toMatchObject({ threshold: 0.35, characterThreshold: 0.85 });
    expect(other.settings?.tags).toBe(tagger.settings?.tags);
    expect(other.settings?.model).not.toBe(tagger.settings?.model);
  });

  it("names what the picture shows: its colours the right way round, without ratings", async () => {
    const tagger = await open("colours", good);
    expect(await tag(tagger, plain([255, 20, 0]))).toBe("o_o, red theme");
    expect(await tag(tagger, plain([0, 200, 20]))).toBe("green theme");
    expect(await tag(tagger, plain([0, 0, 250]))).toBe("someone (a, b), blue theme");
  });

  it("lays a picture that is no square on white", async () => {
    const tagger = await open("wide", good);
    expect((await tag(tagger, plain([0, 0, 0], 400, 100))).split(", ")).toEqual(
      expect.arrayContaining(["red theme", "green theme", "blue theme"]),
    );
  });

  it("keeps pictures apart when many are asked about at once, and answers an abort at once", async () => {
    const tagger = await open("many", good);
    const all = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? plain([0, 220, 0]) : plain([0, 0, 220])));
    const texts = await Promise.all(all.map((picture) => tag(tagger, picture)));
    expect(new Set(texts.filter((_, n) => n % 2 === 0))).toEqual(new Set(["green theme"]));
    expect(texts.filter((_, n) => n % 2 === 1).every((text) => text.includes("blue theme"))).toBe(true);
    await expect(tag(tagger, plain([1, 2, 3]), AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });

  it("refuses a picture of which it is sure of nothing, so that the next captioner is asked", async () => {
    const tagger = await open("none", good);
    await expect(tag(tagger, plain([10, 10, 10]))).rejects.toMatchObject({ errorClass: "user", code: "no-tags" });
  });

  it("may be closed while it works: what is open fails at once, and the process lives on", async () => {
    for (const wait of [0, 30, 120, 300]) {
      const tagger = await open("closed", good);
      const asked = Array.from({ length: 3 }, () => tag(tagger, plain([0, 220, 0], 600, 600)));
      const ended = Promise.allSettled(asked);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await Promise.all([tagger.close(), tagger.close()]);
      for (const one of await ended) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ errorClass: "transient", code: "drained" });
        else expect(one.value).toBe("green theme");
      }
    }
  });

  it("says which file is missing or wrong, and what to set", async () => {
    const missing = await open("missing", { tags: good.tags });
    expect(await missing.isAvailable()).toMatchObject({
      available: false,
      message: expect.stringMatching(/^WD_TAGGER_MODEL: there is no file .*model\.onnx$/),
    });
    await expect(tag(missing, plain([0, 0, 0]))).rejects.toMatchObject({ code: "bad-tagger" });
    const listless = await open("listless", { model: good.model });
    expect((await listless.isAvailable()).message).toMatch(/^WD_TAGGER_TAGS: there is no file .*selected_tags\.csv$/);
    const others = await open("others", { model: good.model, tags: tinyTagList(tags.slice(1)) });
    await expect(tag(others, plain([255, 0, 0]))).rejects.toMatchObject({
      errorClass: "user",
      message: expect.stringContaining("scores 6 tags and WD_TAGGER_TAGS lists 5"),
    });
    const junk = await open("junk", { model: new Uint8Array(100), tags: good.tags });
    await expect(tag(junk, plain([255, 0, 0]))).rejects.toMatchObject({ errorClass: "user", code: "bad-tagger" });
  });
});
