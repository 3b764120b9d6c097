import { type PastTraining, Recipe, type RecipeTemplate } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { findGpu, type Gpu } from "../places/gpus.ts";
import { presets } from "../presets/index.ts";
import { calibrate, calibrationOf } from "./calibrate.ts";
import { estimateSeconds } from "./estimate-seconds.ts";
import { estimateOn, estimateOnAll } from "./estimate-training.ts";
import { estimateVram } from "./estimate-vram.ts";

const GB = 1e9;
const of = ({ epochs: _epochs, ...template }: RecipeTemplate, over: Partial<Recipe> = {}): Recipe =>
  Recipe.parse({ ...template, steps: template.steps ?? 1000, ...over });
const gpu = (name: string): Gpu => {
  const found = findGpu(name);
  if (found === undefined) throw new Error(name);
  return found;
};
const cached = { textCaching: "disk", captionDropout: 0 } as const;

describe("estimateVram", () => {
  /** Figures that the trainers' documentation gives, in GB, and how the same training is written as a recipe. */
  const published: [string, number, Recipe][] = [
    ["SDXL at 1024, rank 4 to 8, everything cached: possible in 8", 8, of(presets.sdxl, { rank: 8, ...cached })],
    ["SDXL at 1024: 10 recommended", 10, of(presets.sdxl)],
    ["Flux in fp8 at batch 2: 24", 24, of(presets.flux, { batchSize: 2, ...cached })],
    ["Flux in fp8, 16 blocks swapped: 12", 12, of(presets.flux, { blockSwap: 16, ...cached })],
    ["Flux in fp8, 22 blocks swapped: 10", 10, of(presets.flux, { blockSwap: 22, ...cached })],
    ["Flux in fp8, 28 blocks swapped: 8", 8, of(presets.flux, { blockSwap: 28, ...cached })],
  ];
  it.each(published)("%s", (_, gigabytes, recipe) => {
    const { bytes } = estimateVram(recipe);
    expect(bytes.p50).toBeLessThan(gigabytes * 1024 ** 3);
  });

  it("lies between what smaller and larger settings need in the published figures of Qwen-Image", () => {
    const qwen: RecipeTemplate = {
      ...presets.flux,
      family: "qwen-image",
      baseModel: "Qwen/Qwen-Image",
      guidance: 0,
      ...cached,
    };
    const inBf16 = estimateVram(of(qwen, { baseQuantisation: "none" })).bytes;
    expect([inBf16.p50 < 46 * GB, inBf16.p90 > 42 * GB]).toEqual([true, true]);
    const inFp8 = estimateVram(of(qwen)).bytes;
    expect([inFp8.p50 < 30 * GB, inFp8.p90 > 30 * GB]).toEqual([true, true]);
  });

  it("counts what each setting saves", () => {
    const bytes = (over: Partial<Recipe>) => estimateVram(of(presets.quality, over)).bytes.p50;
    expect(bytes({ gradientCheckpointing: false })).toBeGreaterThan(bytes({}));
    expect(bytes({ optimiser: "adamw" })).toBeGreaterThan(bytes({}));
    expect(bytes({ batchSize: 1 })).toBeLessThan(bytes({}));
    expect(bytes({ resolution: 768 })).toBeLessThan(bytes({}));
    expect(bytes({ baseQuantisation: "nf4" })).toBeLessThan(bytes({ baseQuantisation: "fp8" }));
    expect(bytes({ rank: 64 })).toBeGreaterThan(bytes({}));
    const { bytes: all, parts } = estimateVram(of(presets.quality));
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBeCloseTo(all.p50, -1);
  });
});

describe("estimateSeconds", () => {
  it("grows with steps, area and batch, and shrinks with a faster card", () => {
    const seconds = (over: Partial<Recipe>, card = "RTX4090") =>
      estimateSeconds(of(presets.flux, over), gpu(card), { images: 20 }).p50;
    expect(seconds({ steps: 4000 })).toBeGreaterThan(1.8 * seconds({ steps: 2000 }));
    expect(seconds({ resolution: 512 })).toBeLessThan(seconds({}) / 2);
    expect(seconds({}, "H100")).toBeLessThan(seconds({}) / 2);
    expect(seconds({ gpus: 2 })).toBeGreaterThan(seconds({}));
  });

  it("is of the order that people report for Flux at 512 pixels and SDXL at 1024 on an RTX 4090", () => {
    const minutes = (recipe: Recipe) => estimateSeconds(recipe, gpu("RTX4090"), { images: 20 }).p50 / 60;
    expect(minutes(of(presets.flux, { resolution: 512, steps: 1500 }))).toBeGreaterThan(20);
    expect(minutes(of(presets.flux, { resolution: 512, steps: 1500 }))).toBeLessThan(60);
    expect(minutes(of(presets.sdxl))).toBeGreaterThan(15);
    expect(minutes(of(presets.sdxl))).toBeLessThan(60);
  });

  it("counts both experts of a pair, and one where the other is left out", () => {
    const seconds = (experts: Recipe["experts"]) =>
      estimateSeconds(of(presets.wan22, { experts }), gpu("A100"), { images: 20 }).p50;
    const both = seconds({ high: {}, low: {}, boundary: 0.9 });
    expect(both / seconds({ high: {}, low: null, boundary: 0.9 })).toBeCloseTo(2, 0);
    expect(seconds({ high: { steps: 100 }, low: {}, boundary: 0.9 })).toBeLessThan(both);
  });
});

describe("estimateOn", () => {
  it("says whether it fits, and what to change so that it does", () => {
    const fits = (recipe: Recipe, card: string) => estimateOn(recipe, gpu(card), { images: 20 });
    expect(fits(of(presets.sdxl), "RTX4090")).toMatchObject({ fits: "yes", changes: [] });
    expect(fits(of(presets.flux), "RTX4090").fits).toBe("yes");
    const everything = { baseQuantisation: "none", textCaching: "none", captionDropout: 0.05 } as const;
    const tooLarge = fits(of(presets.flux, everything), "RTX4090");
    expect(tooLarge.fits).toBe("no");
    expect(tooLarge.changes?.map(({ change }) => change)).toEqual([
      expect.stringContaining("textCaching: disk"),
      "baseQuantisation: fp8",
    ]);
    const small = fits(of(presets.flux, { baseQuantisation: "nf4", ...cached }), "A4000");
    expect(small.fits).toBe("yes");
    const swapped = fits(of(presets.flux, { batchSize: 1, resolution: 2048, ...cached }), "A4000");
    expect(swapped.changes?.at(-1)?.change).toMatch(/^blockSwap: \d+$/);
    const hopeless = fits(
      of(presets.flux, { resolution: 2048, batchSize: 8, rank: 128, trainTextEncoder: false }),
      "A4000",
    );
    expect(hopeless.fits).toBe("no");
  });

  it("applied changes do make it fit", () => {
    const recipe = of(presets.flux, { baseQuantisation: "none" });
    const changed = { ...recipe, ...cached, baseQuantisation: "fp8" as const };
    expect(estimateOn(changed, gpu("RTX4090"), { images: 20 }).fits).toBe("yes");
  });

  it("lists the cards cheapest first, those that do not fit last", () => {
    const all = estimateOnAll(of(presets.flux), { images: 20 });
    const order = all.map(({ fits }) => ["yes", "tight", "no"].indexOf(fits));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    for (const { costMicroUsd, seconds } of all) {
      expect(Number.isInteger(costMicroUsd?.p90)).toBe(true);
      expect(seconds.p90).toBeGreaterThanOrEqual(seconds.p50);
    }
  });
});

describe("calibrate", () => {
  const kind = { backend: "pocket", family: "pocket", gpu: null } as const;
  const past = (...taken: number[]): PastTraining[] =>
    taken.map((takenSeconds) => ({ ...kind, estimatedSeconds: 100, takenSeconds }));
  const estimate = { seconds: { p50: 50, p90: 100 }, vramBytes: 1, costMicroUsd: { p50: 10, p90: 20 } };

  it("moves the middle to the median of what was taken, and the end to where nine of ten lay", () => {
    const ten = past(100, 110, 120, 130, 140, 150, 160, 170, 180, 190);
    expect(calibrate(estimate, calibrationOf(kind, ten))).toEqual({
      seconds: { p50: 70, p90: 90 },
      vramBytes: 1,
      costMicroUsd: { p50: 14, p90: 18 },
    });
    expect(calibrationOf(kind, past(200, 200, 200))).toEqual({
      ...{ trainings: 3, ratio: { p50: 2, p90: 2 }, medianError: 0.5 },
    });
  });

  it("believes neither a few trainings nor those of another kind", () => {
    expect(calibrate(estimate, calibrationOf(kind, past(200, 200)))).toBe(estimate);
    expect(calibrate(estimate, calibrationOf({ ...kind, gpu: "L4" }, past(200, 200, 200)))).toBe(estimate);
    expect(calibrationOf(kind, [])).toBeNull();
  });
});
