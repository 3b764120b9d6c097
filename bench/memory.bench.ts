import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sharp } from "@loramill/imaging/testing";
import { drawPicture } from "@loramill/testkit";
import type { Bench } from "./harness.ts";

/** Pictures of the smaller set; the larger has four times as many. */
const IMAGES = 16;
const DEADLINE_MS = 600_000;

const run = promisify(execFile);

/**
 * The most memory that a curator's process holds while it makes a dataset of 12-megapixel JPEGs from a folder, of some and
 * of four times as many. `curatorGrowth`: the second by the first; 1 where the size of a set does not matter.
 * A peak is the worst overlap of four decodes, and more pictures have more chances of one: 100 and 400 pictures gave 1.17
 * on a machine with three times as many tasks as cores, while what was held between jobs stayed the same, 504 and 518 MB.
 */
export const bench: Bench = {
  name: "memory",
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), "loramill-bench-memory-"));
    try {
      const [some, all] = [join(folder, "some"), join(folder, "all")];
      const jpeg = await drawJpeg();
      await writeJpegs(some, jpeg, IMAGES);
      await writeJpegs(all, jpeg, 4 * IMAGES);
      const peak = { some: await peakOf(some, IMAGES), all: await peakOf(all, 4 * IMAGES) };
      return { curatorGrowth: peak.all / peak.some, curatorMegabytes: peak.all / 1024 ** 2 };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function peakOf(folder: string, expected: number): Promise<number> {
  const script = fileURLToPath(new URL("./memory/curate-folder.ts", import.meta.url));
  const { stdout } = await run(process.execPath, [script, folder], { timeout: DEADLINE_MS });
  const { images, peakBytes } = JSON.parse(stdout) as { images: number; peakBytes: number };
  if (images !== expected) throw new Error(`${images} pictures were kept of ${expected}`);
  return peakBytes;
}

/** 12 megapixels with the grain of a sensor. */
async function drawJpeg(): Promise<Buffer> {
  const small = drawPicture(1, { width: 640, height: 480 });
  const noise = { type: "gaussian", mean: 128, sigma: 12 } as const;
  const grain = await sharp({ create: { width: 1000, height: 750, channels: 3, background: "#808080", noise } })
    .png()
    .toBuffer();
  return sharp(small.rgb, { raw: { width: 640, height: 480, channels: 3 } })
    .resize(4000, 3000)
    .composite([{ input: grain, tile: true, blend: "soft-light" }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Files of one picture, each with a comment of its own: none is known from another. */
async function writeJpegs(folder: string, jpeg: Buffer, count: number): Promise<void> {
  await mkdir(folder);
  for (let at = 0; at < count; at += 1) {
    const text = Buffer.from(`${at}`.padStart(8, "0"));
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
    await writeFile(join(folder, `${at}.jpg`), Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]));
  }
}
