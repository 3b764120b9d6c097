import { type Annotation, MAX_REPEATS } from "./annotation.ts";
import type { PictureIndex } from "./picture-index.ts";

/**
 * kohya's folder names: `10_sks dog` shows its pictures ten times an epoch, and a picture without a caption is captioned
 * `sks dog`. Counts only where every picture lies in such a folder: a stray `2019_holiday` among others is a name like any.
 */
export function readRepeatFolders(pictures: PictureIndex): ReadonlyMap<string, Annotation> {
  const found = new Map<string, Annotation>();
  for (const path of pictures.paths) {
    const parent = path.split("/").at(-2);
    const [, repeats, tokens] = /^(\d{1,3})_(.*)$/.exec(parent ?? "") ?? [];
    if (repeats === undefined || Number(repeats) < 1 || Number(repeats) > MAX_REPEATS) return new Map();
    const text = (tokens ?? "").trim();
    found.set(path, {
      repeats: Number(repeats),
      ...(text === "" ? {} : { caption: { text, origin: `the folder ${parent}` } }),
    });
  }
  return found;
}
