import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RgbImage } from "@loramill/contracts";
import { blurPicture, exposePicture, mirrorPicture, scalePicture } from "./change-picture.ts";
import { drawPicture } from "./draw-picture.ts";

/** How many pictures of each kind a folder holds; everything else of it is good and unlike all others. */
export interface PlantedCounts {
  readonly good: number;
  /** The same bytes under another name, and the same pixels with another comment in the file. */
  readonly exact: number;
  /** Scaled, mirrored, darker, more compressed, in turn. */
  readonly near: number;
  readonly blurred: number;
  /** Cut short, overwritten, text, empty, in turn. */
  readonly corrupt: number;
  readonly tiny: number;
}

export type PlantedKind = keyof PlantedCounts;

export interface PlantedFile {
  readonly path: string;
  readonly kind: PlantedKind;
  readonly bytes: Uint8Array;
  /** The good picture it was made of. */
  readonly of?: string;
}

export interface PlantOptions {
  readonly counts: PlantedCounts;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** JPEG of a picture at a quality of 1..100. */
  readonly encode: (image: RgbImage, quality: number) => Promise<Uint8Array>;
}

const NEAR = [
  { change: (image: RgbImage) => scalePicture(image, 0.8), quality: 90 },
  { change: mirrorPicture, quality: 90 },
  { change: (image: RgbImage) => exposePicture(image, 0.94), quality: 90 },
  { change: (image: RgbImage) => image, quality: 55 },
] as const;

/** Makes the files one by one, the good ones first; names do not tell what is what. */
export async function* plantPictures(options: PlantOptions): AsyncGenerator<PlantedFile> {
  const { counts, width, height, seed, encode } = options;
  const draw = (n: number) => drawPicture(seed * 1_000_003 + n, { width, height });
  const original = (n: number) => n % counts.good;
  let next = 0;
  const name = (n: number) => `${String(n % 7)}/img-${String((n * 7919) % 1_000_003).padStart(7, "0")}.jpg`;
  for (let n = 0; n < counts.good; n++) {
    yield { path: name(next++), kind: "good", bytes: await encode(draw(n), 90) };
  }
  for (let n = 0; n < counts.exact; n++) {
    const bytes = await encode(draw(original(n)), 90);
    yield {
      path: name(next++),
      kind: "exact",
      bytes: n % 2 === 0 ? bytes : withComment(bytes, `copy ${n}`),
      of: name(original(n)),
    };
  }
  for (let n = 0; n < counts.near; n++) {
    const of = original(counts.exact + n);
    const { change, quality } = NEAR[n % NEAR.length] as (typeof NEAR)[number];
    yield { path: name(next++), kind: "near", bytes: await encode(change(draw(of)), quality), of: name(of) };
  }
  for (let n = 0; n < counts.blurred; n++) {
    yield { path: name(next++), kind: "blurred", bytes: await encode(blurPicture(draw(counts.good + n), 4), 90) };
  }
  for (let n = 0; n < counts.corrupt; n++) {
    const bytes = damage(await encode(draw(counts.good + counts.blurred + n), 90), n);
    yield { path: name(next++), kind: "corrupt", bytes };
  }
  for (let n = 0; n < counts.tiny; n++) {
    const small = scalePicture(draw(counts.good + counts.blurred + counts.corrupt + n), 24 / Math.min(width, height));
    yield { path: name(next++), kind: "tiny", bytes: await encode(small, 90) };
  }
}

/** Writes them into a folder. */
export async function writePlantedFolder(folder: string, options: PlantOptions): Promise<void> {
  for await (const { path, bytes } of plantPictures(options)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}

/** A JPEG with a comment segment behind its start marker: other bytes, the same picture. */
export function withComment(jpeg: Uint8Array, comment: string): Uint8Array {
  const text = Buffer.from(comment);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}

function damage(jpeg: Uint8Array, n: number): Uint8Array {
  switch (n % 4) {
    case 0:
      return jpeg.subarray(0, Math.floor(jpeg.length * 0.6));
    case 1: {
      const broken = Uint8Array.from(jpeg);
      broken.fill(0xff, Math.floor(jpeg.length * 0.3), Math.floor(jpeg.length * 0.5));
      return broken;
    }
    case 2:
      return new TextEncoder().encode("<html>This picture was moved.</html>");
    default:
      return new Uint8Array(0);
  }
}
