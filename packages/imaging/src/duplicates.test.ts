import { sha256Hex } from "@loramill/contracts";
import { drawPicture, exposePicture, mirrorPicture, scalePicture, seededRandom } from "@loramill/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRgb } from "./decode.ts";
import { type Comparable, describeDuplicate, groupDuplicates } from "./duplicates.ts";
import { encodeImage } from "./encode.ts";
import { prepareImage } from "./prepare-image.ts";
import { cropRgb } from "./raster.ts";

const settings = { resolution: 128, crop: "centre", format: "jpeg", bucketStep: 64, upscale: true } as const;

async function comparable(path: string, bytes: Uint8Array): Promise<Comparable> {
  const { hashes, width, height, quality, prepared } = await prepareImage(bytes, settings);
  const original = sha256Hex(bytes);
  const shared = { path, original, prepared: sha256Hex(prepared.bytes), hashes, width, height };
  return { ...shared, bytes: bytes.length, sharpness: quality.sharpness, captioned: false, lossless: true };
}

/** A picture's facts with hashes of one's choice. */
function made(path: string, phash: string, over: Partial<Comparable> = {}): Comparable {
  const hashes = { pixels: sha256Hex(path), phash, phashMirrored: "0f0f0f0f0f0f0f0f", dhash: "0".repeat(16) };
  const shared = {
    original: sha256Hex(path),
    prepared: sha256Hex(path),
    width: 10,
    height: 10,
    bytes: 1,
    sharpness: 1,
    captioned: false,
    lossless: true,
  };
  return { path, hashes, ...shared, ...over };
}

describe("groupDuplicates", () => {
  it("finds copies, smaller, darker, compressed and mirrored ones, and keeps the best", async () => {
    const picture = drawPicture(1, { width: 400, height: 300 });
    const best = await encodeImage(picture, "jpeg", { quality: 95 });
    const images = await Promise.all([
      comparable("small.jpg", await encodeImage(scalePicture(picture, 0.6), "jpeg")),
      comparable("q40.jpg", await encodeImage(picture, "jpeg", { quality: 40 })),
      comparable("best.jpg", best),
      comparable("copy.jpg", best),
      comparable("mirror.jpg", await encodeImage(mirrorPicture(picture), "jpeg", { quality: 80 })),
      comparable("dark.jpg", await encodeImage(exposePicture(picture, 0.9), "jpeg", { quality: 80 })),
      comparable("other.jpg", await encodeImage(drawPicture(2, { width: 400, height: 300 }), "jpeg")),
    ]);
    const groups = await groupDuplicates(images, { nearDistance: 4 });
    expect(groups).toHaveLength(1);
    expect(images[groups[0]?.kept as number]?.path).toBe("best.jpg");
    const members = Object.fromEntries(groups[0]?.members.map((one) => [images[one.index]?.path, one]) ?? []);
    expect(Object.keys(members).sort()).toEqual(["copy.jpg", "dark.jpg", "mirror.jpg", "q40.jpg", "small.jpg"]);
    expect(members["copy.jpg"]).toMatchObject({ kind: "bytes", distance: 0 });
    expect(members["mirror.jpg"]).toMatchObject({ kind: "near", mirrored: true });
    expect(members["small.jpg"]).toMatchObject({ kind: "near", mirrored: false });
  });

  it("takes flat and alike drawings for what they are: different pictures", async () => {
    const disc = (paper: readonly number[], ink: readonly number[]) => {
      const rgb = new Uint8Array(200 * 200 * 3);
      for (let at = 0; at < 200 * 200; at++) {
        const inside = ((at % 200) - 100) ** 2 + (Math.floor(at / 200) - 100) ** 2 < 60 ** 2;
        rgb.set(inside ? ink : paper, at * 3);
      }
      return encodeImage({ width: 200, height: 200, rgb }, "png");
    };
    const images = await Promise.all([
      comparable("red", await disc([255, 255, 255], [220, 30, 30])),
      comparable("blue", await disc([255, 255, 255], [40, 60, 230])),
      comparable("green", await disc([255, 255, 255], [20, 160, 40])),
      comparable("yellow paper", await disc([250, 230, 90], [220, 30, 30])),
      comparable("plain white", await disc([255, 255, 255], [255, 255, 255])),
      comparable("plain black", await disc([0, 0, 0], [0, 0, 0])),
      comparable("plain red", await disc([220, 30, 30], [220, 30, 30])),
    ]);
    expect(await groupDuplicates(images, { nearDistance: 8 })).toEqual([]);
  });

  it("finds a picture that was cropped a little, also mirrored, and says how much of it is left", async () => {
    const whole = drawPicture(11, { width: 600, height: 450 });
    const cut = (left: number, top: number) => {
      const window = { left, top, width: 570, height: 428 };
      return encodeImage(cropRgb(whole, window), "jpeg", { quality: 90 });
    };
    const images = await Promise.all([
      comparable("whole.jpg", await encodeImage(whole, "jpeg", { quality: 95 })),
      comparable("corner.jpg", await cut(0, 0)),
      comparable("side.jpg", await cut(30, 11)),
      comparable("turned.jpg", await encodeImage(mirrorPicture(await readRgb(await cut(30, 22))), "jpeg")),
      ...[12, 13, 14, 15].map(async (seed) =>
        comparable(`other ${seed}`, await encodeImage(drawPicture(seed, { width: 600, height: 450 }), "jpeg")),
      ),
    ]);
    const groups = await groupDuplicates(images, { nearDistance: 4 });
    expect(groups).toHaveLength(1);
    const members = groups[0]?.members.map(({ index, ...how }) => ({ ...how, path: images[index]?.path })) ?? [];
    expect(members.map(({ path }) => path).sort()).toEqual(["corner.jpg", "side.jpg", "turned.jpg"]);
    expect(members.find(({ path }) => path === "turned.jpg")?.mirrored).toBe(true);
    const corner = members.find(({ path }) => path === "corner.jpg");
    expect(Math.abs((corner?.share ?? 1) - 0.9)).toBeLessThan(0.05);
    const strict = await groupDuplicates(images, { nearDistance: 0, crops: false });
    expect(strict).toEqual([]);
  });

  it("says why each was left out", () => {
    const say = (how: object) =>
      describeDuplicate({ index: 1, kind: "near", distance: 3, mirrored: false, ...how }, "a.jpg", 4);
    expect([
      say({ kind: "bytes" }),
      say({ kind: "pixels" }),
      say({}),
      say({ mirrored: true }),
      say({ distance: 9 }),
      say({ distance: 9, mirrored: true, share: 0.9 }),
    ]).toEqual([
      "the same file as a.jpg",
      "the same picture as a.jpg",
      "looks like a.jpg: 3 of 64 bits differ, up to 4 count as the same",
      "mirrors a.jpg: 3 of 64 bits differ, up to 4 count as the same",
      "looks like a.jpg: laid over one another they fit",
      "the same as a.jpg, mirrored, but for a cut: one shows 90 % of the other",
    ]);
  });

  it("does not compare thousands of flat pictures with one another, and joins those that agree in all", async () => {
    const layout = (n: number) => n.toString(16).padStart(96, "0");
    const images = Array.from({ length: 20_000 }, (_, n) => {
      const image = made(`flat ${String(n).padStart(5, "0")}`, "8000000000000000");
      return { ...image, hashes: { ...image.hashes, layout: layout(n % 10_000) } };
    });
    const started = performance.now();
    const groups = await groupDuplicates(images, { nearDistance: 4 });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(groups).toHaveLength(10_000);
    expect(groups[0]).toEqual({
      kept: 0,
      members: [{ index: 10_000, kind: "near", distance: 0, mirrored: false }],
    });
  });

  it("joins no chain: the ends of a row of small steps stay apart", async () => {
    const steps = [0, 3, 15, 63, 255].map((low, n) =>
      made(`step ${n}`, `00000000000000${low.toString(16).padStart(2, "0")}`, { bytes: 10 - n }),
    );
    const groups = await groupDuplicates(steps, { nearDistance: 2 });
    expect(groups.map(({ kept, members }) => [kept, ...members.map(({ index }) => index)])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("compares only bytes and pixels when no distance is given", async () => {
    const images = [made("a", "0".repeat(16)), made("b", "0".repeat(16)), made("c", "0".repeat(16))];
    const twin = { ...(images[0] as Comparable), path: "d", original: sha256Hex("another packing") };
    expect(await groupDuplicates([...images, twin], { nearDistance: null })).toEqual([
      { kept: 0, members: [{ index: 3, kind: "pixels", distance: 0, mirrored: false }] },
    ]);
  });

  it("answers the same whatever the order, every member near the one that is kept", async () => {
    const hash = fc.nat({ max: 0xfff }).map((low) => low.toString(16).padStart(16, "0"));
    await fc.assert(
      fc.asyncProperty(fc.array(hash, { minLength: 1, maxLength: 30 }), fc.nat({ max: 4 }), async (hashes, within) => {
        const images = hashes.map((phash, n) => made(`img ${n}`, phash, { bytes: n % 3 }));
        const asPaths = async (list: readonly Comparable[]) =>
          (await groupDuplicates(list, { nearDistance: within })).map(({ kept, members }) => ({
            kept: list[kept]?.path,
            members: members.map(({ index }) => list[index]?.path).sort(),
            near: members.every(({ distance }) => distance <= within),
          }));
        const groups = await asPaths(images);
        expect(await asPaths([...images].reverse())).toEqual(groups);
        expect(groups.every(({ near }) => near)).toBe(true);
        const named = groups.flatMap(({ kept, members }) => [kept, ...members]);
        expect(new Set(named).size).toBe(named.length);
      }),
      { numRuns: 40 },
    );
  });

  it("groups a hundred thousand pictures in seconds", { timeout: 60_000 }, async () => {
    const random = seededRandom(5);
    const word = () =>
      Math.floor(random() * 0xffffffff)
        .toString(16)
        .padStart(8, "0");
    const images = Array.from({ length: 100_000 }, (_, n) => made(`img ${n}`, word() + word()));
    for (let n = 0; n < 500; n++) {
      const { hashes } = images[n] as Comparable;
      const turned = (Number.parseInt(hashes.phash.slice(0, 8), 16) ^ (5 << (n % 28))) >>> 0;
      const phash = turned.toString(16).padStart(8, "0") + hashes.phash.slice(8);
      images[n + 50_000] = made(`img ${n + 50_000}`, phash);
    }
    const started = performance.now();
    const groups = await groupDuplicates(images, { nearDistance: 4 });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(groups).toHaveLength(500);
  });
});
