import type { FaceFinder, FoundFace, RgbImage } from "@loramill/contracts";

/** The colour of what is taken for a face: nothing that `drawPicture` draws comes near. */
const FACE = [255, 0, 255] as const;
const NEAR = 60;

/** A copy with plain magenta boxes: faces to `createColourFaceFinder`. Boxes side by side must not share columns. */
export function drawFaces(
  image: RgbImage,
  boxes: readonly { readonly left: number; readonly top: number; readonly width: number; readonly height: number }[],
): RgbImage {
  const rgb = new Uint8Array(image.rgb);
  for (const { left, top, width, height } of boxes) {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) rgb.set(FACE, (y * image.width + x) * 3);
    }
  }
  return { width: image.width, height: image.height, rgb };
}

/** Takes each run of columns with magenta in it for a face, with a score of 0.9, or the one given. */
export function createColourFaceFinder(
  options: { readonly available?: boolean; readonly score?: number } = {},
): FaceFinder & {
  /** Pictures searched so far. */
  readonly searched: number;
} {
  const { available = true, score = 0.9 } = options;
  let searched = 0;
  return {
    id: "colour/1",
    get searched() {
      return searched;
    },
    isAvailable: async () => ({ available, message: available ? "finds magenta" : "run: npm install faces" }),
    find: async (image, signal) => {
      signal.throwIfAborted();
      searched += 1;
      return findRuns(image).map((box) => ({ ...box, score }));
    },
    close: async () => {},
  };
}

function findRuns({ width, height, rgb }: RgbImage): Omit<FoundFace, "score">[] {
  const isFace = (x: number, y: number) =>
    FACE.every((value, channel) => Math.abs((rgb[(y * width + x) * 3 + channel] as number) - value) < NEAR);
  const found: { left: number; top: number; right: number; bottom: number }[] = [];
  for (let x = 0; x < width; x++) {
    let [top, bottom] = [height, 0];
    for (let y = 0; y < height; y++) if (isFace(x, y)) [top, bottom] = [Math.min(top, y), y + 1];
    if (bottom === 0) continue;
    const last = found.at(-1);
    if (last?.right === x) {
      [last.right, last.top, last.bottom] = [x + 1, Math.min(last.top, top), Math.max(last.bottom, bottom)];
    } else found.push({ left: x, top, right: x + 1, bottom });
  }
  return found.map(({ left, top, right, bottom }) => ({ left, top, width: right - left, height: bottom - top }));
}
