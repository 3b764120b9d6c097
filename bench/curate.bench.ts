import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareImage } from "@loramill/imaging";
import { scanImage, sharp } from "@loramill/imaging/testing";
import { drawPicture } from "@loramill/testkit";
import { type Bench, compare, cpuClock, type Side } from "./harness.ts";

const SIDE = 1024;
/** Pictures in work at once, as the curator does by default. */
const AT_ONCE = 4;
/** Real photographs lie beside some checkouts; without them only drawn ones are measured. */
const PHOTOS = join(import.meta.dirname, "../../shared/data/photos");

type Crop = "attention" | "centre";
type Format = "png" | "jpeg";

/**
 * Curating a picture (decode, orient, hash, judge, crop, encode) against bare sharp that only decodes, crops and encodes,
 * in pictures per second of computing. `vsSharp`: drawn pictures of 2, 6 and 12 megapixels and photographs together, with
 * the defaults of a spec. `scanOverhead`: what the measuring of 12 megapixels takes, as a share of their decoding alone.
 */
export const bench: Bench = {
  name: "curate",
  run: async () => {
    const photos = readPhotos(4);
    if (photos.length === 0) console.error(`curate: no photographs in ${PHOTOS}; only drawn pictures are measured`);
    const small = await drawJpegs(1632, 1224, 2);
    const large = await drawJpegs(4000, 3000, 2);
    const mixed = [...small, ...(await drawJpegs(3000, 2000, 2)), ...large, ...photos];
    const { ratio, ours, reference } = await against(mixed, "attention", "png");
    return {
      vsSharp: ratio,
      imagesPerCoreSecond: ours,
      bareImagesPerCoreSecond: reference,
      vsSharpCentre: (await against(mixed, "centre", "png")).ratio,
      vsSharpJpeg: (await against(mixed, "attention", "jpeg")).ratio,
      vsSharp2Megapixels: (await against(small, "attention", "png")).ratio,
      vsSharp12Megapixels: (await against(large, "attention", "png")).ratio,
      scanOverhead: await measureScan(large),
    };
  },
};

function against(pictures: readonly Uint8Array[], crop: Crop, format: Format) {
  const settings = { resolution: SIDE, crop, format, bucketStep: 64, upscale: true } as const;
  const bare = (picture: Uint8Array) => {
    const cut = sharp(picture).autoOrient().resize(SIDE, SIDE, { fit: "cover", position: crop });
    return (format === "png" ? cut.png() : cut.jpeg({ quality: 95, chromaSubsampling: "4:4:4" })).toBuffer();
  };
  return compare(
    { ours: side(pictures, (picture) => prepareImage(picture, settings)), reference: side(pictures, bare) },
    { warmups: 2, rounds: 7, clock: cpuClock },
  );
}

async function measureScan(pictures: readonly Uint8Array[]): Promise<number> {
  const settings = { resolution: SIDE, crop: "attention", format: "png", bucketStep: 64, upscale: true } as const;
  const scan = (measured: boolean) => side(pictures, (picture) => scanImage(picture, settings, measured));
  const { ratio } = await compare(
    { ours: scan(true), reference: scan(false) },
    { warmups: 2, rounds: 9, clock: cpuClock },
  );
  return 1 / ratio - 1;
}

/** All pictures, some of them at once. */
function side(pictures: readonly Uint8Array[], work: (picture: Uint8Array) => Promise<unknown>): Side {
  return {
    async run() {
      let next = 0;
      const lane = async () => {
        for (let picture = pictures[next++]; picture !== undefined; picture = pictures[next++]) await work(picture);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return pictures.length;
    },
  };
}

function readPhotos(count: number): Uint8Array[] {
  const paths = globSync("*/*.jpg", { cwd: PHOTOS }).sort();
  const every = Math.max(1, Math.floor(paths.length / count));
  const chosen = paths.filter((_, index) => index % every === 0).slice(0, count);
  return chosen.map((path) => readFileSync(join(PHOTOS, path)));
}

/** Drawn small, enlarged, and given the grain of a sensor, which is what makes a photograph slow to decode. */
function drawJpegs(width: number, height: number, count: number): Promise<Uint8Array[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, seed) => {
      const small = drawPicture(seed + 1, { width: 640, height: 480 });
      const enlarged = await sharp(small.rgb, { raw: { width: 640, height: 480, channels: 3 } })
        .resize(width, height, { fit: "cover" })
        .raw()
        .toBuffer();
      let state = seed + 1;
      for (let at = 0; at < enlarged.length; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        enlarged[at] = Math.max(0, Math.min(255, (enlarged[at] as number) + ((state >>> 28) - 8)));
      }
      return sharp(enlarged, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 92 })
        .toBuffer();
    }),
  );
}
