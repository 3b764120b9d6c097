import { type ReadLimits, readAnimation } from "@loramill/imaging";
import { createSceneScore } from "./choose-frames.ts";
import { type Choice, SCENE_FRAMES } from "./filters.ts";
import type { RawFrame } from "./raw-frame.ts";
import type { Segment } from "./segments.ts";

/** The chosen frames of one segment of a GIF or an animated WebP. */
export async function* readAnimationFrames(
  bytes: Uint8Array,
  segment: Segment,
  choice: Choice,
  limits: ReadLimits,
): AsyncGenerator<RawFrame> {
  const choose = createChooser(choice);
  let number = 0;
  for await (const { seconds, image } of readAnimation(bytes, limits)) {
    if (seconds < segment.from) continue;
    if (segment.to !== null && seconds >= segment.to) return;
    const { take, cut } = choose(number, seconds - segment.from, image);
    if (take) yield { number, seconds, image, cut };
    number += 1;
  }
}

type Chooser = (number: number, seconds: number, image: RawFrame["image"]) => { take: boolean; cut: boolean };

function createChooser(choice: Choice): Chooser {
  switch (choice.kind) {
    case "every":
      return (number) => ({ take: number % choice.n === 0, cut: false });
    case "fps": {
      let beat = -1;
      return (_, seconds) => {
        const now = Math.floor(seconds * choice.fps + 0.001);
        const take = now > beat;
        beat = now;
        return { take, cut: false };
      };
    }
    case "scenes": {
      const scoreOf = createSceneScore();
      let begun = 0;
      return (number, _, image) => {
        const cut = scoreOf(image) > choice.threshold || number === 0;
        if (cut) begun = number;
        return { take: number - begun < SCENE_FRAMES, cut };
      };
    }
  }
}
