import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeMusubiBuckets, selectMusubiBucket } from "./buckets-musubi.ts";
import { makeNovelAiBuckets, novelAiDefaults, selectNovelAiBucket } from "./buckets-novelai.ts";
import { fitFrameCount, planClips, resampleFrames, videoRules } from "./video-frames.ts";

describe("NovelAI's buckets", () => {
  it("are the ones of its paper, with the square one", () => {
    expect(makeNovelAiBuckets()).toEqual([
      [256, 1024],
      [320, 1024],
      [384, 1024],
      [384, 960],
      [384, 896],
      [448, 832],
      [512, 768],
      [512, 704],
      [512, 512],
      [576, 640],
      [640, 576],
      [704, 512],
      [768, 512],
      [832, 448],
      [896, 384],
      [960, 384],
      [1024, 384],
      [1024, 320],
      [1024, 256],
    ]);
  });

  it("are chosen by the logarithm of the aspect ratio, and refused to strips", () => {
    expect(selectNovelAiBucket(1000, 1000)?.bucket).toEqual([512, 512]);
    expect(selectNovelAiBucket(4000, 3000)).toEqual({ bucket: [704, 512], resized: [704, 528], crop: [0, 8] });
    expect(selectNovelAiBucket(9000, 1000)).toBeNull();
    expect(selectNovelAiBucket(1000, 9000)?.bucket).toEqual([256, 1024]);
  });
});

describe("musubi's buckets", () => {
  it("keep the area and go from half the side to the side", () => {
    const buckets = makeMusubiBuckets({ width: 960, height: 544, step: 16 });
    expect(buckets[0]).toEqual([352, 1472]);
    expect(buckets.at(-1)).toEqual([1472, 352]);
    expect(buckets).toContainEqual([720, 720]);
    for (const [w, h] of buckets) expect([w % 16, h % 16]).toEqual([0, 0]);
  });

  it("are chosen by the aspect ratio, and a small picture keeps its size when nothing may be enlarged", () => {
    const settings = { width: 1024, height: 1024, step: 16, upscale: true };
    expect(selectMusubiBucket(500, 500, settings)).toEqual({
      bucket: [1024, 1024],
      resized: [1024, 1024],
      crop: [0, 0],
    });
    const { bucket } = selectMusubiBucket(1920, 1080, settings) ?? { bucket: [0, 0] };
    expect(Math.abs(bucket[0] / bucket[1] - 16 / 9)).toBeLessThan(0.03);
    const kept = { ...settings, upscale: false };
    expect(selectMusubiBucket(500, 310, kept)).toEqual({ bucket: [496, 304], resized: [500, 310], crop: [2, 3] });
    expect(selectMusubiBucket(500, 10, kept)).toBeNull();
  });

  it("are covered by every picture, whatever its shape", () => {
    const side = fc.integer({ min: 64, max: 6000 });
    fc.assert(
      fc.property(side, side, fc.boolean(), fc.constantFrom(16, 32), (width, height, upscale, step) => {
        const choices = [
          selectMusubiBucket(width, height, { width: 768, height: 768, step, upscale }),
          selectNovelAiBucket(width, height, novelAiDefaults),
        ];
        for (const choice of choices) {
          if (choice === null) continue;
          const { bucket, resized, crop } = choice;
          for (const axis of [0, 1] as const) {
            expect(crop[axis]).toBeGreaterThanOrEqual(0);
            expect(bucket[axis] + crop[axis]).toBeLessThanOrEqual(resized[axis]);
          }
        }
      }),
    );
  });
});

describe("frames of a clip", () => {
  it("are cut down to four times a number and one, and to the longest the model takes", () => {
    const counts = [0, 1, 4, 5, 17, 20, 81, 84, 300].map((frames) => fitFrameCount(frames, videoRules.wan));
    expect(counts).toEqual([0, 1, 1, 5, 17, 17, 81, 81, 81]);
    expect(fitFrameCount(300, videoRules.hunyuan)).toBe(129);
  });

  it("are taken from the head, in chunks, sliding, evenly or all", () => {
    const plan = (total: number, clip: Parameters<typeof planClips>[1]) =>
      planClips(total, clip, videoRules.wan).map(({ from, frames }) => [from, frames]);
    expect(plan(100, { mode: "head", frames: 20 })).toEqual([[0, 17]]);
    expect(plan(50, { mode: "chunk", frames: 17 })).toEqual([
      [0, 17],
      [17, 17],
    ]);
    expect(plan(40, { mode: "slide", frames: 17, stride: 10 })).toEqual([
      [0, 17],
      [10, 17],
      [20, 17],
    ]);
    expect(plan(100, { mode: "uniform", frames: 17, samples: 3 })).toEqual([
      [0, 17],
      [41, 17],
      [83, 17],
    ]);
    expect(plan(17, { mode: "uniform", frames: 17, samples: 3 })).toEqual([[0, 17]]);
    expect(plan(60, { mode: "full" })).toEqual([[0, 57]]);
    expect(plan(10, { mode: "chunk", frames: 17 })).toEqual([]);
    expect(plan(0, { mode: "full" })).toEqual([]);
  });

  it("are skipped or repeated to the rate of the model", () => {
    expect(resampleFrames(8, 32, videoRules.wan)).toEqual([0, 2, 4, 6]);
    expect(resampleFrames(4, 8, videoRules.wan)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(resampleFrames(300, 29.97, videoRules.wan)).toHaveLength(160);
  });
});
