import type { FoundFace, PreparedImage } from "@loramill/contracts";
import type { CheckResult } from "./checks.ts";
import { type CropPlan, offsetOfFocus } from "./crop.ts";
import type { Size, Window } from "./raster.ts";

/** A cut follows faces that are at least this sure; animals and patterns that look back stay below (docs/datasets.md). */
const SURE_SCORE = 0.75;

/**
 * Where to cut so that faces are seen: the largest, and as many others as fit beside it; null where there is no face that
 * is sure. `faces` are in pixels of a picture of `size`.
 */
export function offsetOfFaces(
  faces: readonly FoundFace[],
  size: Size,
  plan: CropPlan,
): readonly [left: number, top: number] | null {
  const sure = faces.filter(({ score }) => score >= SURE_SCORE);
  const [largest, ...others] = sure.toSorted((a, b) => b.width * b.height - a.width * a.height);
  if (largest === undefined) return null;
  const { cover, target } = plan;
  const room = {
    width: (target.width / cover.width) * size.width,
    height: (target.height / cover.height) * size.height,
  };
  let shown: Window = largest;
  for (const face of others) {
    const both = joinWindows(shown, face);
    if (both.width <= room.width && both.height <= room.height) shown = both;
  }
  const [left, top] = offsetOfFocus(shown, size, plan);
  const scale = { x: cover.width / size.width, y: cover.height / size.height };
  return [
    keepInside(left, shown.left * scale.x, shown.width * scale.x, target.width, cover.width),
    keepInside(top, shown.top * scale.y, shown.height * scale.y, target.height, cover.height),
  ];
}

/** The offset nearest to the one given from which all of what is shown is seen, where it fits at all. */
function keepInside(offset: number, start: number, length: number, target: number, cover: number): number {
  if (length > target) return offset;
  const [least, most] = [Math.ceil(start + length - target), Math.floor(start)];
  return Math.min(Math.max(0, cover - target), Math.max(0, Math.min(most, Math.max(least, offset))));
}

function joinWindows(a: Window, b: Window): Window {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}

/** The faces whose middle the prepared picture shows; undefined where nobody looked for faces. */
export function facesShown({ faces, prepared }: Pick<PreparedImage, "faces" | "prepared">): FoundFace[] | undefined {
  const { left, top, width, height } = prepared.crop;
  return faces?.filter((face) => {
    const [x, y] = [face.left + face.width / 2 - left, face.top + face.height / 2 - top];
    return x >= 0 && y >= 0 && x < width && y < height;
  });
}

/**
 * Whether a picture shows as many faces as it should. `scores` are those of the faces it shows; undefined, where nobody
 * looked for them, is no result. Unlike in other checks, more is not always better.
 */
export function checkFaces(
  scores: readonly number[] | undefined,
  { faces: wanted, minFaceScore }: { readonly faces: "ignore" | "any" | "one" | "none"; readonly minFaceScore: number },
): CheckResult | undefined {
  if (scores === undefined || wanted === "ignore") return undefined;
  const count = scores.filter((score) => score >= minFaceScore).length;
  const failed = { any: count === 0, one: count !== 1, none: count > 0 }[wanted];
  const asked = { any: "at least one is", one: "exactly one is", none: "none is" }[wanted];
  const shown = count === 0 ? "no face" : count === 1 ? "one face" : `${count} faces`;
  const surest = Math.max(...scores);
  const nearly = count === 0 && scores.length > 0 ? ` (one that may be, with a score of ${surest})` : "";
  return {
    check: "faces",
    score: count,
    threshold: wanted === "none" ? 0 : 1,
    failed,
    message: `it shows ${shown}${nearly}, ${asked} asked for`,
  };
}
