import { describe, expect, it } from "vitest";
import { type Detect, SQUARE_SIDE, searchFaces } from "./search-faces.ts";

const picture = { width: 800, height: 400, rgb: new Uint8Array(800 * 400 * 3) };

/** White squares of a black picture. */
function withSpots(spots: readonly { left: number; top: number; side: number }[]) {
  const rgb = new Uint8Array(picture.rgb.length);
  for (const { left, top, side } of spots) {
    for (let y = top; y < top + side; y++) rgb.fill(255, (y * 800 + left) * 3, (y * 800 + left + side) * 3);
  }
  return { ...picture, rgb };
}

/** Takes what is white for a face, as sure as it is large in the square. */
const white: Detect = async (rgb) => {
  let [left, top, right, bottom] = [SQUARE_SIDE, SQUARE_SIDE, 0, 0];
  for (let y = 0; y < SQUARE_SIDE; y++) {
    for (let x = 0; x < SQUARE_SIDE; x++) {
      if ((rgb[(y * SQUARE_SIDE + x) * 3] as number) < 200) continue;
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
      ];
    }
  }
  if (right === 0) return [];
  const [width, height] = [(right - left) / SQUARE_SIDE, (bottom - top) / SQUARE_SIDE];
  return [
    { left: left / SQUARE_SIDE, top: top / SQUARE_SIDE, width, height, score: Math.min(1, 0.5 + width) },
    // What is seen once, from afar, and never again close by.
    ...(width < 0.2 ? [{ left: 0.8, top: 0.1, width: 0.1, height: 0.1, score: 0.7 }] : []),
  ];
};

describe("searchFaces", () => {
  it("finds a face in pixels of the picture, more sure from close by", async () => {
    const faces = await searchFaces(withSpots([{ left: 200, top: 100, side: 80 }]), white);
    expect(faces).toHaveLength(1);
    const [face] = faces;
    for (const [name, value] of Object.entries({ left: 200, top: 100, width: 80, height: 80 })) {
      expect(Math.abs((face?.[name as "left"] as number) - value), name).toBeLessThanOrEqual(4);
    }
    expect(face?.score).toBeGreaterThan(0.8);
  });

  it("keeps a face at the edge within the picture", async () => {
    const [face] = await searchFaces(withSpots([{ left: 720, top: 320, side: 80 }]), async (rgb) =>
      (await white(rgb)).map((sight) => ({ ...sight, width: sight.width * 1.5, height: sight.height * 1.5 })),
    );
    expect((face?.left ?? 0) + (face?.width ?? 0)).toBeLessThanOrEqual(800);
    expect((face?.top ?? 0) + (face?.height ?? 0)).toBeLessThanOrEqual(400);
  });

  it("looks again only where there may be a face, and not without end", async () => {
    let looks = 0;
    const nothing: Detect = async () => {
      looks += 1;
      return [];
    };
    expect(await searchFaces(picture, nothing)).toEqual([]);
    expect(looks).toBe(1);
    const many = Array.from({ length: 50 }, (_, n) => ({
      left: n / 60,
      top: 0.1,
      width: 0.1,
      height: 0.1,
      score: 0.9,
    }));
    looks = 0;
    await searchFaces(picture, async () => (looks++ === 0 ? many : []));
    expect(looks).toBe(1 + 2 * 16);
  });
});
