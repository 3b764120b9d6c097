import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeImage } from "@loramill/imaging";
import { type Painting, paint } from "./samples/painter.ts";
import { scenes } from "./samples/zorb.ts";

/**
 * Draws the demo's pictures into a folder, which it makes: twelve good ones, four of them with a caption, and what a real folder has as
 * well: an exact duplicate, a re-encoded one, a blurred, a tiny and a corrupt picture. Files that are there and the same
 * keep their time of change.
 */
export async function drawSamplePictures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const save = (name: string, bytes: Uint8Array | string) =>
    writeIfChanged(join(folder, name), Buffer.from(bytes as Uint8Array));
  const paintings = scenes.map((scene) => paint(scene.width, scene.height, scene.layers));
  for (const [index, scene] of scenes.entries()) {
    await save(`${scene.name}.png`, await encodeImage(paintings[index] as Painting, "png"));
    if (scene.caption !== null) await save(`${scene.name}.txt`, `${scene.caption}\n`);
  }
  const [first, second, third, fourth] = paintings as [Painting, Painting, Painting, Painting];
  const encoded = await encodeImage(first, "png");
  await save("zorb-01-copy.png", encoded);
  await save("zorb-02-again.jpg", await encodeImage(second, "jpeg"));
  await save("blurred.png", await encodeImage(blur(third, 14), "png"));
  await save("tiny.png", await encodeImage(shrink(fourth, 24), "png"));
  await save("corrupt.png", encoded.subarray(0, Math.floor(encoded.length * 0.6)));
}

async function writeIfChanged(path: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => null);
  if (before === null || Buffer.compare(before, bytes) !== 0) await writeFile(path, bytes);
}

/** Three box blurs, which are close to a Gaussian of standard deviation `radius`. */
function blur(painting: Painting, radius: number): Painting {
  let rgb: Float64Array = Float64Array.from(painting.rgb);
  for (let round = 0; round < 3; round += 1) {
    rgb = boxBlur(rgb, painting, radius, 1);
    rgb = boxBlur(rgb, painting, radius, painting.width);
  }
  return { ...painting, rgb: Uint8Array.from(rgb, Math.round) };
}

/** Mean over 2 · radius + 1 pixels along a row (stride 1) or a column (stride width), edges repeated. */
function boxBlur(rgb: Float64Array, { width, height }: Painting, radius: number, stride: number): Float64Array {
  const result = new Float64Array(rgb.length);
  const [lines, length, next] = stride === 1 ? [height, width, width] : [width, height, 1];
  for (let line = 0; line < lines; line += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const at = (place: number) => (line * next + Math.min(length - 1, Math.max(0, place)) * stride) * 3 + channel;
      let sum = 0;
      for (let place = -radius; place <= radius; place += 1) sum += rgb[at(place)] ?? 0;
      for (let place = 0; place < length; place += 1) {
        result[at(place)] = sum / (2 * radius + 1);
        sum += (rgb[at(place + radius + 1)] ?? 0) - (rgb[at(place - radius)] ?? 0);
      }
    }
  }
  return result;
}

/** By nearest pixel to a square of `side`. */
function shrink({ width, height, rgb }: Painting, side: number): Painting {
  return paint(side, side, [
    (x, y) => {
      const column = Math.min(width - 1, Math.floor(((x + 1) / 2) * width));
      const row = Math.min(height - 1, Math.floor(((y + 1) / 2) * height));
      const from = (row * width + column) * 3;
      return [rgb[from] ?? 0, rgb[from + 1] ?? 0, rgb[from + 2] ?? 0];
    },
  ]);
}
