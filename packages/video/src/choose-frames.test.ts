import { blurPicture, drawPicture } from "@loramill/testkit";
import { expect, it } from "vitest";
import { createSceneScore, sharpestOfScenes, withoutRepeats } from "./choose-frames.ts";
import type { RawFrame } from "./raw-frame.ts";

const picture = (seed: number) => drawPicture(seed, { width: 160, height: 120 });

/** Frames of scenes: the seed of each scene's picture and how blurred each of its frames is. */
async function* film(scenes: readonly (readonly [seed: number, blurs: readonly number[]])[]): AsyncGenerator<RawFrame> {
  let number = 0;
  for (const [seed, blurs] of scenes) {
    for (const [index, blur] of blurs.entries()) {
      const image = blur === 0 ? picture(seed) : blurPicture(picture(seed), blur);
      yield { number, seconds: number / 25, image, cut: index === 0 };
      number += 1;
    }
  }
}

const numbers = async (frames: AsyncIterable<RawFrame>) => (await Array.fromAsync(frames)).map(({ number }) => number);

it("takes of each scene the sharpest frame", async () => {
  const scenes = [
    [1, [3, 2, 0, 4]],
    [2, [0, 2]],
    [3, [4, 3, 2]],
  ] as const;
  expect(await numbers(sharpestOfScenes(film(scenes)))).toEqual([2, 4, 8]);
  expect(await numbers(sharpestOfScenes(film([])))).toEqual([]);
});

it("leaves out what looks like the frame that was kept before, and keeps what comes back later", async () => {
  const scenes = [
    [1, [0, 0, 0]],
    [2, [0, 0]],
    [1, [0]],
  ] as const;
  expect(await numbers(withoutRepeats(film(scenes)))).toEqual([0, 3, 5]);
});

it("finds a cut where much changes at once, and none in a still", () => {
  const scoreOf = createSceneScore();
  expect([1, 1, 2, 2].map((seed) => scoreOf(picture(seed)) > 0.1)).toEqual([false, false, true, false]);
});
