import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readRgb } from "@loramill/imaging";
import { drawPicture, mirrorPicture } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFaceFinder } from "./face-finder.ts";
import { locateHuman } from "./human-files.ts";

const { available, files, message } = locateHuman();
if (!available) console.warn(`SKIPPED: the face finder is not tried: ${message}`);

const finder = createFaceFinder();
afterAll(() => finder.close());
const { signal } = new AbortController();

/** Pictures that come with the package itself. */
const sample = async (name: string) => readRgb(await readFile(join(files?.models ?? "", "..", "assets", name)));

describe.skipIf(!available)("the face finder, with its packages", () => {
  let five: Awaited<ReturnType<typeof sample>>;
  beforeAll(async () => {
    five = await sample("screenshot-facedetect.jpg");
  });

  it("finds the five large faces of a picture, and says where they are", async () => {
    const faces = await finder.find(five, signal);
    const large = faces.filter(({ score, width }) => score >= 0.75 && width > 100).sort((a, b) => a.left - b.left);
    expect(large.map(({ left }) => Math.round(left / 20))).toEqual([1, 9, 17, 24, 32]);
    for (const { left, top, width, height } of faces) {
      expect(left + width).toBeLessThanOrEqual(five.width);
      expect(top + height).toBeLessThanOrEqual(five.height);
    }
  });

  it("finds the same each time, and mirrored in a mirror image", async () => {
    const [first, second, mirrored] = await Promise.all([
      finder.find(five, signal),
      finder.find(five, signal),
      finder.find(mirrorPicture(five), signal),
    ]);
    expect(second).toEqual(first);
    const lefts = (faces: typeof first) =>
      faces.filter(({ score, width }) => score >= 0.75 && width > 100).map(({ left, width }) => left + width / 2);
    const there = lefts(first).sort((a, b) => a - b);
    const back = lefts(mirrored)
      .map((x) => five.width - x)
      .sort((a, b) => a - b);
    expect(back).toHaveLength(there.length);
    for (const [at, x] of there.entries()) expect(Math.abs(x - (back[at] as number))).toBeLessThan(20);
  });

  it("finds none in what is drawn, in a pixel and in a strip", async () => {
    for (const [seed, width, height] of [
      [1, 900, 600],
      [2, 1, 1],
      [3, 3000, 2],
    ] as const) {
      const faces = await finder.find(drawPicture(seed, { width, height }), signal);
      expect(faces.filter(({ score }) => score >= 0.75)).toEqual([]);
    }
  });

  it("gives the event loop back while it looks", async () => {
    let longest = Number.POSITIVE_INFINITY;
    // A machine that stood still in between gets another try.
    for (let round = 0; round < 3 && longest >= 400; round += 1) {
      longest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }, 1);
      await Promise.all([finder.find(five, signal), finder.find(five, signal)]);
      clearInterval(timer);
    }
    expect(longest).toBeLessThan(400);
  });

  it("answers an abort at once and goes on with the next picture, and ends when it is closed", async () => {
    const own = createFaceFinder();
    const stop = new AbortController();
    const search = own.find(five, stop.signal);
    stop.abort(new Error("enough"));
    await expect(search).rejects.toThrow("enough");
    expect((await own.find(five, signal)).length).toBeGreaterThan(4);
    const open = own.find(five, signal);
    const ended = expect(open).rejects.toMatchObject({ errorClass: "transient" });
    await own.close();
    await ended;
    await expect(own.find(five, signal)).rejects.toMatchObject({ code: "drained" });
  });
});
