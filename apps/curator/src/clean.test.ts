import { CleaningSettings, sha256Hex } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { type Candidate, cleanImages } from "./clean.ts";

const settings = { ...CleaningSettings.parse({}), minSidePixels: 32 };

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
    quality: { sharpness: 0.5, contrast: 100 },
    ...over,
  };
}

const blurred = { sharpness: 0.01, quality: { sharpness: 0.01, contrast: 100 } };
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
      candidate("faint", { quality: { sharpness: 0.5, contrast: 3 } }),
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

  it("measures with the numbers it names", async () => {
    const { dropped } = await cleanImages([candidate("soft", blurred)], settings);
    expect(dropped).toEqual([
      expect.objectContaining({ score: 0.01, threshold: 0.08, message: "the sharpness is 0.01, less than 0.08" }),
    ]);
  });
});
