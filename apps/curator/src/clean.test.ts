import { CleaningSettings, type QualityFacts, sha256Hex } from "@loramill/contracts";
import { goodQuality } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { type Candidate, cleanImages } from "./clean.ts";

const settings = { ...CleaningSettings.parse({}), minSidePixels: 32 };

const quality = (over: Partial<QualityFacts> = {}): QualityFacts => ({ ...goodQuality, ...over });

/** A good picture; its hashes are far from those of other names. */
function candidate(path: string, over: Partial<Candidate> = {}, look = path): Candidate {
  const digest = sha256Hex(look);
  return {
    path,
    original: sha256Hex(path),
    prepared: sha256Hex(path),
    hashes: {
      pixels: sha256Hex(path),
      phash: digest.slice(0, 16),
      phashMirrored: digest.slice(16, 32),
      dhash: digest.slice(32, 48),
    },
    width: 100,
    height: 100,
    bytes: 1000,
    captioned: false,
    lossless: true,
    sharpness: 0.5,
    quality: quality(),
    ...over,
  };
}

const blurred = { sharpness: 0.01, quality: quality({ sharpness: 0.01 }) };
const codes = async (all: Candidate[], given = settings) =>
  (await cleanImages(all, given)).dropped.map(({ path, code, keptInstead }) => [path, code, keptInstead]);

describe("cleaning", () => {
  it("counts each picture under one reason: copies first, then quality, then look-alikes", async () => {
    const a = candidate("a");
    const list = [
      a,
      candidate("a-copy", { original: a.original }),
      candidate("a-blurred", blurred, "a"),
      candidate("a-like", { width: 90 }, "a"),
      candidate("b-tiny", { width: 20, ...blurred }),
      candidate("c"),
    ];
    expect(await codes(list)).toEqual([
      ["a-blurred", "blurred", undefined],
      ["a-copy", "duplicate-exact", "a"],
      ["a-like", "duplicate-near", "a"],
      ["b-tiny", "too-small", undefined],
    ]);
  });

  it("names for a copy of a dropped look-alike the picture that is kept", async () => {
    const like = candidate("like", { width: 90 }, "best");
    const list = [candidate("best"), like, candidate("like-copy", { width: 90, original: like.original }, "best")];
    expect(await codes(list)).toEqual([
      ["like", "duplicate-near", "best"],
      ["like-copy", "duplicate-exact", "best"],
    ]);
  });

  it("never lets a blurred picture stand for a sharp one, however large it is", async () => {
    const list = [candidate("sharp"), candidate("large", { width: 400, height: 400, ...blurred }, "sharp")];
    expect(await codes(list)).toEqual([["large", "blurred", undefined]]);
  });

  it("keeps what it is told to keep, and says what it was told to warn of", async () => {
    const a = candidate("a");
    const list = [
      a,
      candidate("a-copy", { original: a.original }),
      candidate("faint", { quality: quality({ contrast: 3 }) }),
    ];
    const { dropped, warned } = await cleanImages(list, { ...settings, exactDuplicates: "warn" });
    expect(dropped).toEqual([]);
    expect(warned.map(({ path, code }) => [path, code])).toEqual([
      ["a-copy", "duplicate-exact"],
      ["faint", "low-contrast"],
    ]);
    const kept = await cleanImages(list, {
      ...settings,
      exactDuplicates: "keep",
      nearDuplicates: "keep",
      lowContrast: "keep",
    });
    expect(kept).toEqual({ dropped: [], warned: [] });
  });

  it("does as a person says by name, against every check", async () => {
    const a = candidate("set/a");
    const list = [
      a,
      candidate("set/a-copy", { original: a.original }),
      candidate("set/soft", blurred),
      candidate("other/fine"),
    ];
    const named = { ...settings, keep: ["set/*"], drop: ["other/fine"] };
    const { dropped, warned } = await cleanImages(list, named);
    expect(dropped.map(({ path, code }) => [path, code])).toEqual([["other/fine", "by-name"]]);
    expect(warned.map(({ path, code }) => [path, code])).toEqual([
      ["set/a-copy", "duplicate-exact"],
      ["set/soft", "blurred"],
    ]);
  });

  it("leaves out what another version holds, exact or near, and never judges that version", async () => {
    const held = candidate("holdout:a", { width: 20, ...blurred }, "a");
    const list = [candidate("a-again", {}, "a"), candidate("b", { original: sha256Hex("x") }), candidate("c")];
    const others = [held, candidate("holdout:x", { original: sha256Hex("x"), prepared: sha256Hex("b") }, "b")];
    const { dropped, warned } = await cleanImages(list, settings, others);
    expect(dropped.map(({ path, code, keptInstead }) => [path, code, keptInstead])).toEqual([
      ["a-again", "leaked", "holdout:a"],
      ["b", "leaked", "holdout:x"],
    ]);
    expect(warned).toEqual([]);
  });

  it.each([
    ["upscaled", { quality: quality({ detail: 0.01 }) }],
    ["dark", { quality: quality({ highlights: 40 }) }],
    ["bright", { quality: quality({ shadows: 250 }) }],
    ["low-information", { quality: quality({ entropyBits: 1 }) }],
    ["odd-aspect", { width: 1000, height: 100 }],
    ["borders", { borders: { top: 20, right: 0, bottom: 20, left: 0 } }],
  ] as const)("warns of a picture that is %s, and leaves it out on request", async (code, over) => {
    const list = [candidate("a"), candidate("odd", over), candidate("b"), candidate("c")];
    const { dropped, warned } = await cleanImages(list, settings);
    expect(dropped).toEqual([]);
    expect(warned).toContainEqual(expect.objectContaining({ path: "odd", code }));
    const strict = { ...settings, [code.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]: "drop" };
    expect((await cleanImages(list, strict)).dropped.map(({ path }) => path)).toEqual(["odd"]);
  });

  it("leaves out pictures that show another number of faces than is asked for, unless named to be kept", async () => {
    const list = [
      candidate("none", { faceScores: [] }),
      candidate("one", { faceScores: [0.9, 0.4] }),
      candidate("two", { faceScores: [0.9, 0.8] }),
      candidate("not-looked-at"),
    ];
    const droppedBy = async (over: Partial<typeof settings>) =>
      (await cleanImages(list, { ...settings, ...over })).dropped.map(({ path }) => path);
    expect(await droppedBy({})).toEqual([]);
    expect(await droppedBy({ faces: "any" })).toEqual(["none"]);
    expect(await droppedBy({ faces: "one" })).toEqual(["none", "two"]);
    expect(await droppedBy({ faces: "none" })).toEqual(["one", "two"]);
    expect(await droppedBy({ faces: "one", minFaceScore: 0.3 })).toEqual(["none", "one", "two"]);
    expect(await droppedBy({ faces: "one", keep: ["two"] })).toEqual(["none"]);
    const { dropped, warned } = await cleanImages(list, { ...settings, faces: "one", onFaces: "warn" });
    expect(dropped).toEqual([]);
    expect(warned.map(({ path, code }) => [path, code])).toEqual([
      ["none", "faces"],
      ["two", "faces"],
    ]);
  });

  it("measures with the numbers it names", async () => {
    const { dropped } = await cleanImages([candidate("soft", blurred)], settings);
    expect(dropped).toEqual([
      expect.objectContaining({ score: 0.01, threshold: 0.08, message: "the sharpness is 0.01, less than 0.08" }),
    ]);
  });
});
