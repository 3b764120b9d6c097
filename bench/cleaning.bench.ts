import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CheckName,
  type Comparable,
  checkPicture,
  encodeImage,
  groupDuplicates,
  type PreparedPicture,
  prepareImage,
} from "@loramill/imaging";
import { type Sharp, sharp } from "@loramill/imaging/testing";
import { drawFlatPicture, seededRandom } from "@loramill/testkit";
import type { Bench, Figures } from "./harness.ts";

/** Real photographs lie beside some checkouts; problems are planted in them. */
const PHOTOS = join(import.meta.dirname, "../../shared/data/photos");
const AT_ONCE = 2;
/** As a spec has it by default. */
const NEAR_DISTANCE = 4;
const SETTINGS = { resolution: 1024, crop: "attention", format: "jpeg", bucketStep: 64, upscale: true } as const;
const FLAT_PICTURES = 50;

type Kind = "original" | Duplicated | Spoilt | "bokeh" | "flat";
type Duplicated = "reencoded" | "resized" | "mirrored" | "cropped";
type Spoilt = "blurred" | "dark" | "bright" | "faint" | "upscaled";

interface Sample {
  /** The photograph it was made of. */
  readonly of: number;
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

interface Judged {
  readonly of: number;
  readonly kind: Kind;
  readonly failed: ReadonlySet<CheckName>;
  readonly comparable: Comparable;
}

/**
 * How well cleaning finds what was planted among photographs. Duplicates: `…Recall` is the share of the planted ones that
 * are grouped with their original, `duplicatePrecision` the share of all that were grouped with one of the same photograph.
 * Blur: `blurPrecision`, `blurRecall`, and `blurFalseAlarms` on pictures with a blurred background or with hardly any
 * edges. The other recalls are of pictures made dark, bright, faint and twice or four times as large;
 * `flatRecall` of drawings with hardly any edges. `otherFalseAlarms`: photographs as they are that one of the checks names,
 * but for the bars of a letterbox, which some of them have.
 */
export const bench: Bench = {
  name: "cleaning",
  run: async () => {
    const paths = globSync("*/*.jpg", { cwd: PHOTOS }).sort();
    if (paths.length === 0) {
      console.error(`SKIPPED: cleaning, because there are no photographs in ${PHOTOS}`);
      return {};
    }
    const judged: Judged[] = [];
    await inLanes(paths.length + FLAT_PICTURES, async (n) => {
      const path = paths[n];
      const samples =
        path === undefined
          ? [await plantFlat(n)]
          : await plant(readFileSync(join(PHOTOS, path)), n, seededRandom(n + 1));
      for (const sample of samples) judged.push(await judge(sample));
    });
    return { ...(await measureDuplicates(judged)), ...measureBlur(judged), ...measureOthers(judged) };
  },
};

async function inLanes(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function judge({ of, kind, bytes }: Sample): Promise<Judged> {
  const picture = await prepareImage(bytes, SETTINGS);
  const { converted, ...facts } = picture;
  const results = checkPicture({ ...facts, converted: [...converted] });
  const failed = new Set(results.filter((result) => result.failed).map(({ check }) => check));
  return { of, kind, failed, comparable: toComparable(picture, bytes, `${of} ${kind}`) };
}

function toComparable({ hashes, width, height, quality, prepared }: PreparedPicture, bytes: Uint8Array, path: string) {
  const sha256 = (of: Uint8Array) => createHash("sha256").update(of).digest("hex");
  return {
    path: `${path} ${sha256(bytes)}`,
    original: sha256(bytes),
    prepared: sha256(prepared.bytes),
    hashes,
    width,
    height,
    bytes: bytes.length,
    sharpness: quality.sharpness,
    captioned: false,
    lossless: false,
  };
}

/** Everything that is made of one photograph. */
async function plant(photo: Uint8Array, of: number, random: () => number): Promise<Sample[]> {
  const { width = 0, height = 0 } = await sharp(photo)
    .autoOrient()
    .toBuffer({ resolveWithObject: true })
    .then(({ info }) => info);
  const open = () => sharp(photo).autoOrient();
  const jpeg = (pipeline: Sharp, quality = 90) => pipeline.jpeg({ quality }).toBuffer();
  const scaled = (scale: number) =>
    open().resize(Math.round(width * scale), Math.round(height * scale), { fit: "fill" });
  const enlarged = async (scale: number) =>
    jpeg(
      sharp(
        await scaled(1 / scale)
          .png()
          .toBuffer(),
      ).resize(width, height, { kernel: "cubic", fit: "fill" }),
      92,
    );
  const levels = (factor: number, offset: number) => jpeg(open().linear(factor, offset));
  const blurred = (share: number) => open().blur(width * share);
  const made: [Kind, Promise<Uint8Array>][] = [
    ["original", Promise.resolve(photo)],
    ["reencoded", jpeg(open(), 60)],
    ["reencoded", jpeg(open(), 35)],
    ["reencoded", open().webp({ quality: 70 }).toBuffer()],
    ["resized", jpeg(scaled(0.5))],
    ["resized", jpeg(scaled(0.3))],
    ["mirrored", jpeg(open().flop(), 85)],
    ["mirrored", jpeg(scaled(0.7).flop(), 80)],
    ["cropped", jpeg(cropped(open(), { width, height }, random))],
    ["cropped", jpeg(cropped(open(), { width, height }, random))],
    ["blurred", jpeg(blurred(0.005))],
    ["blurred", jpeg(blurred(0.009))],
    ["bokeh", jpeg(await withBokeh(photo, { width, height }, 0.012))],
    ["dark", levels(0.2, 0)],
    ["bright", levels(0.04, 245)],
    ["faint", levels(0.04, 120)],
    ["upscaled", enlarged(2 * Math.max(1, Math.min(width, height) / SETTINGS.resolution))],
    ["upscaled", enlarged(3 * Math.max(1, Math.min(width, height) / SETTINGS.resolution))],
  ];
  return Promise.all(made.map(async ([kind, bytes]) => ({ of, kind, bytes: await bytes })));
}

/** A twentieth of the width and of the height cut off, at any sides. */
function cropped(pipeline: Sharp, { width, height }: { width: number; height: number }, random: () => number): Sharp {
  const [w, h] = [Math.round(width * 0.95), Math.round(height * 0.95)];
  const [left, top] = [Math.floor((width - w + 1) * random()), Math.floor((height - h + 1) * random())];
  return pipeline.extract({ left, top, width: w, height: h });
}

/** The middle of the photograph as it is, everything around it blurred, as by a wide aperture. */
async function withBokeh(photo: Uint8Array, { width, height }: { width: number; height: number }, share: number) {
  const mask = Buffer.from(
    `<svg width="${width}" height="${height}"><ellipse cx="${width / 2}" cy="${height / 2}" rx="${width * 0.32}" ry="${height * 0.32}" fill="#fff"/></svg>`,
  );
  const subject = await sharp(photo)
    .autoOrient()
    .ensureAlpha()
    .composite([{ input: mask, blend: "dest-in" }])
    .png()
    .toBuffer();
  const background = await sharp(photo)
    .autoOrient()
    .blur(width * share)
    .png()
    .toBuffer();
  return sharp(background)
    .composite([{ input: subject }])
    .removeAlpha();
}

async function plantFlat(n: number): Promise<Sample> {
  const picture = drawFlatPicture(n, { width: 900, height: 700 });
  return { of: n, kind: "flat", bytes: await encodeImage(picture, n % 2 === 0 ? "png" : "jpeg") };
}

async function measureDuplicates(judged: readonly Judged[]): Promise<Figures> {
  const kinds: readonly Kind[] = ["original", "reencoded", "resized", "mirrored", "cropped", "flat"];
  const images = judged.filter(({ kind }) => kinds.includes(kind));
  const groups = await groupDuplicates(
    images.map(({ comparable }) => comparable),
    { nearDistance: NEAR_DISTANCE },
  );
  const groupOf = new Map<number, number>();
  let joined = 0;
  let right = 0;
  groups.forEach(({ kept, members }, number) => {
    groupOf.set(kept, number);
    for (const { index } of members) {
      groupOf.set(index, number);
      joined += 1;
      if (images[index]?.of === images[kept]?.of) right += 1;
      else console.error(`cleaning: ${images[index]?.comparable.path} was taken for ${images[kept]?.comparable.path}`);
    }
  });
  const originalOf = new Map(images.flatMap(({ of, kind }, at) => (kind === "original" ? [[of, at] as const] : [])));
  const recall = (wanted: Duplicated) => {
    const planted = images.flatMap(({ of, kind }, at) => (kind === wanted ? [{ of, at }] : []));
    const found = planted.filter(({ of, at }) => {
      const group = groupOf.get(at);
      return group !== undefined && group === groupOf.get(originalOf.get(of) ?? -1);
    });
    return found.length / planted.length;
  };
  return {
    reencodedRecall: recall("reencoded"),
    resizedRecall: recall("resized"),
    mirroredRecall: recall("mirrored"),
    croppedRecall: recall("cropped"),
    duplicatePrecision: right / joined,
  };
}

function measureBlur(judged: readonly Judged[]): Figures {
  const called = (...kinds: Kind[]) => {
    const all = judged.filter(({ kind }) => kinds.includes(kind));
    return { all: all.length, blurred: all.filter(({ failed }) => failed.has("blurred")).length };
  };
  const blurred = called("blurred");
  const sharpOnes = called("original", "bokeh", "flat");
  const tricky = called("bokeh", "flat");
  return {
    blurRecall: blurred.blurred / blurred.all,
    blurPrecision: blurred.blurred / (blurred.blurred + sharpOnes.blurred),
    blurFalseAlarms: tricky.blurred / tricky.all,
  };
}

function measureOthers(judged: readonly Judged[]): Figures {
  const share = (kind: Kind, checks: readonly CheckName[]) => {
    const all = judged.filter((one) => one.kind === kind);
    return all.filter(({ failed }) => checks.some((check) => failed.has(check))).length / all.length;
  };
  return {
    darkRecall: share("dark", ["dark"]),
    brightRecall: share("bright", ["bright"]),
    faintRecall: share("faint", ["low-contrast"]),
    flatRecall: share("flat", ["low-contrast", "low-information"]),
    upscaledRecall: share("upscaled", ["upscaled"]),
    otherFalseAlarms: share("original", [
      "upscaled",
      "dark",
      "bright",
      "low-contrast",
      "low-information",
      "odd-aspect",
      "colour-space",
      "alpha",
    ]),
  };
}
