import type { RgbImage } from "@loramill/contracts";
import { seededRandom } from "./random.ts";

/** Draws a few plain shapes on plain paper, as a logo or a cartoon: crisp, with hardly any edges. */
export function drawFlatPicture(seed: number, { width, height }: { width: number; height: number }): RgbImage {
  const random = seededRandom(seed);
  const pick = () => Math.floor(random() * 256);
  const rgb = new Uint8Array(width * height * 3);
  const paper = [pick(), pick(), pick()];
  for (let at = 0; at < rgb.length; at++) rgb[at] = paper[at % 3] as number;
  const shapes = 1 + Math.floor(random() * 4);
  for (let n = 0; n < shapes; n++) {
    // Ink that stands out from the paper.
    const ink = paper.map((value) => (value + 90 + Math.floor(random() * 80)) % 256);
    const [x0, y0] = [(0.25 + 0.5 * random()) * width, (0.25 + 0.5 * random()) * height];
    const size = (0.1 + 0.2 * random()) * Math.min(width, height);
    const isRound = random() < 0.5;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [Math.abs(x - x0), Math.abs(y - y0)];
        if (isRound ? dx * dx + dy * dy < size * size : Math.max(dx, dy) < size) rgb.set(ink, (y * width + x) * 3);
      }
    }
  }
  return { width, height, rgb };
}
