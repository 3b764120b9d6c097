import { expect, it } from "vitest";
import { readAnimation } from "./animation.ts";
import { frameDifference, lookAtFrame, looksTheSame } from "./frame-look.ts";
import { sharp } from "./sharp.ts";

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** Frames of one colour each, 8x6. */
function animate(colours: readonly Colour[]) {
  const pixels = colours.flatMap((colour) => Array.from({ length: 48 }, () => colour).flat());
  const raw = { width: 8, height: 6 * colours.length, channels: 4, pageHeight: 6 } as const;
  return sharp(Buffer.from(pixels), { raw });
}

const RED: Colour = [255, 0, 0, 255];
const CLEAR: Colour = [0, 0, 0, 0];
const read = async (bytes: Uint8Array) =>
  (await Array.fromAsync(readAnimation(bytes))).map(({ number, seconds, image }) => {
    expect([image.width, image.height, image.rgb.length]).toEqual([8, 6, 8 * 6 * 3]);
    return [number, seconds, ...image.rgb.subarray(0, 3)];
  });

it("reads the frames of a GIF and of an animated WebP with their times, on white", async () => {
  const film = animate([RED, CLEAR, [0, 0, 255, 255]]);
  const expected = [
    [0, 0, 255, 0, 0],
    [1, 0.05, 255, 255, 255],
    [2, 0.25, 0, 0, 255],
  ];
  const delay = [50, 200, 30];
  expect(await read(await film.clone().gif({ delay }).toBuffer())).toEqual(expected);
  expect(await read(await film.clone().webp({ lossless: true, delay }).toBuffer())).toEqual(expected);
});

it("reads more frames than fit into one chunk, once each and in order", async () => {
  const colours = Array.from({ length: 150 }, (_, n): Colour => [n, 255 - n, 0, 255]);
  const frames = await read(
    await animate(colours)
      .webp({ lossless: true, delay: Array(150).fill(20) })
      .toBuffer(),
  );
  expect(frames.map(([number, , red]) => [number, red])).toEqual(colours.map(([red], n) => [n, red]));
});

it("refuses a picture that does not move, and one that is cut off", async () => {
  const still = await animate([RED]).png().toBuffer();
  await expect(read(still)).rejects.toMatchObject({ code: "not-animated" });
  const gif = await animate([RED, CLEAR, RED]).gif().toBuffer();
  await expect(read(gif.subarray(0, gif.length / 2))).rejects.toMatchObject({ errorClass: "user" });
});

it("tells frames that look the same from others", () => {
  const draw = (shift: number, light: number) => {
    const rgb = new Uint8Array(96 * 96 * 3);
    for (let y = 0, at = 0; y < 96; y++) {
      for (let x = 0; x < 96; x++, at += 3)
        rgb.fill((Math.floor((x + shift) / 16) % 2) * 150 + light + (y > 48 ? 40 : 0), at, at + 3);
    }
    return lookAtFrame({ width: 96, height: 96, rgb });
  };
  expect(looksTheSame(draw(0, 20), draw(0, 20))).toBe(true);
  expect(looksTheSame(draw(0, 20), draw(0, 22))).toBe(true);
  expect(looksTheSame(draw(0, 20), draw(8, 20))).toBe(false);
  expect(looksTheSame(draw(0, 20), draw(0, 60))).toBe(false);
  expect(frameDifference(draw(0, 20), draw(0, 30))).toBeCloseTo(10, 5);
});
