import { describe, expect, it } from "vitest";
import { cutClip } from "./clip-pieces.ts";

const keptOf = (pieces: ReturnType<typeof cutClip>) => pieces.flatMap(({ frames, from, to }) => frames.slice(from, to));
const all = (total: number) => Array.from({ length: total }, (_, at) => at);

describe("a clip in pieces", () => {
  it("that lie side by side has each frame in one of them", () => {
    expect(cutClip(10, { length: 4 })).toEqual([
      { frames: [0, 1, 2, 3], from: 0, to: 4 },
      { frames: [4, 5, 6, 7], from: 0, to: 4 },
      { frames: [8, 9], from: 0, to: 2 },
    ]);
  });

  it("of a model that packs frames has whole pieces, which share some frames and keep half of them each", () => {
    expect(cutClip(14, { length: 9, overlap: 4, step: 4 })).toEqual([
      { frames: [0, 1, 2, 3, 4, 5, 6, 7, 8], from: 0, to: 7 },
      { frames: [5, 6, 7, 8, 9, 10, 11, 12, 13], from: 2, to: 9 },
    ]);
  });

  it("that is shorter than a piece is filled up with its last frame, of which nothing is kept", () => {
    expect(cutClip(3, { length: 17, overlap: 4, step: 4 })).toEqual([{ frames: [0, 1, 2, 2, 2], from: 0, to: 3 }]);
    expect(cutClip(1, { length: 17, overlap: 4, step: 4 })).toEqual([{ frames: [0], from: 0, to: 1 }]);
  });

  it("keeps every frame once, in order, whatever the numbers", () => {
    for (let total = 1; total <= 120; total += 1) {
      for (let size = 0; size <= 24; size += 1) {
        for (const step of [null, 4]) {
          const length = step === null ? size + 1 : size * step + 1;
          const pieces = cutClip(total, { length, step, overlap: step ?? 0 });
          expect(keptOf(pieces)).toEqual(all(total));
          for (const { frames } of pieces) {
            expect(frames.length).toBeLessThanOrEqual(length);
            if (step !== null) expect(frames.length % step).toBe(1);
          }
        }
      }
    }
  });
});
