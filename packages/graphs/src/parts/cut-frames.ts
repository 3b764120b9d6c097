import type { Output } from "../nodes/signature.ts";
import type { Assembly, Image } from "./assembly.ts";

/** The longest batch that the node cuts out. */
export const MOST_FRAMES = 4096;

/** Some frames of a batch, counted from 0; `count` left out: all that follow. */
export function cutFrames(
  { draft }: Assembly,
  image: Image,
  { from, count = MOST_FRAMES }: { readonly from: number | Output<"INT">; readonly count?: number },
): Image {
  return draft.add("ImageFromBatch", { image, batch_index: from, length: count })[0];
}
