import { type FaceFinder, type FoundFace, type RgbImage, UserError } from "@loramill/contracts";
import { copySmaller } from "../pictures/cut-square.ts";
import { openThread } from "../threads/ask-thread.ts";
import { FACE_FINDER_ID, type Installed, locateHuman } from "./human-files.ts";

/** Pictures are searched at this length of their longer side, or their own if that is less. */
const LONGEST_SIDE = 1024;

export interface FaceFinderOptions {
  /** Where the optional packages lie; by default, where Node finds them. */
  readonly packages?: Installed;
}

/**
 * Finds faces by the BlazeFace model of `@vladmandic/human`, which is installed on request only: `isAvailable` says how.
 * It works in a thread that starts with the first picture and ends with `close`.
 */
export function createFaceFinder({ packages }: FaceFinderOptions = {}): FaceFinder {
  const thread = openThread<RgbImage, readonly FoundFace[]>({
    script: new URL("./face-thread.ts", import.meta.url),
    name: "the face finder",
    data() {
      const { files, message } = locateHuman(packages);
      if (files === undefined) throw new UserError(message, { code: "faces-unavailable" });
      return files;
    },
  });
  return {
    id: FACE_FINDER_ID,
    async isAvailable() {
      const { available, message } = locateHuman(packages);
      return { available, message };
    },
    async find(image, signal) {
      const small = copySmaller(image, LONGEST_SIDE);
      const faces = await thread.ask(small, signal, [small.rgb.buffer as ArrayBuffer]);
      return enlarge(faces, image);
    },
    close: () => thread.close(),
  };
}

/** Boxes of a smaller copy, in pixels of the picture. */
function enlarge(faces: readonly FoundFace[], { width, height }: RgbImage): FoundFace[] {
  const scale = Math.max(1, Math.ceil(Math.max(width, height) / LONGEST_SIDE));
  return faces.map(({ left, top, score, ...size }) => ({
    left: left * scale,
    top: top * scale,
    width: Math.min(width - left * scale, size.width * scale),
    height: Math.min(height - top * scale, size.height * scale),
    score,
  }));
}
