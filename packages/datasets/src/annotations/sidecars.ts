import type { Refusal } from "@loramill/contracts";
import { type Annotation, type AnnotationFile, cleanCaption, decodeText, type Reading, stemOf } from "./annotation.ts";
import type { PictureIndex } from "./picture-index.ts";

/** In the order of preference when a picture has several. */
const EXTENSIONS = [".txt", ".caption"] as const;

export function isSidecar(path: string): boolean {
  const lower = path.toLowerCase();
  return EXTENSIONS.some((extension) => lower.endsWith(extension));
}

/**
 * Gives each picture the text that lies beside it: `a.txt` or `a.jpg.txt` belongs to `a.jpg`; `.txt` goes before
 * `.caption`. White space and line breaks become single spaces. A file that is not UTF-8, empty, too long or has no
 * picture is refused with the reason; the picture itself stays.
 */
export function readSidecars(files: readonly AnnotationFile[], pictures: PictureIndex): Reading {
  const refused: Refusal[] = [];
  const byStem = new Map<string, Annotation>();
  const unused = new Map<string, AnnotationFile>();
  const rank = (path: string) => EXTENSIONS.findIndex((extension) => path.toLowerCase().endsWith(extension));
  for (const file of [...files].sort((a, b) => rank(a.path) - rank(b.path))) {
    const decoded = decodeText(file.bytes);
    if (decoded === null) {
      refused.push({ path: file.path, code: "caption-not-text", message: "the caption is not UTF-8 text" });
      continue;
    }
    const text = cleanCaption(decoded, file.path);
    if (typeof text !== "string") {
      refused.push(text);
      continue;
    }
    const stem = stemOf(file.path);
    if (!byStem.has(stem)) byStem.set(stem, { caption: { text, origin: file.path.slice(-256) } });
    unused.set(stem, file);
  }
  const found = new Map<string, Annotation>();
  for (const picture of pictures.paths) {
    const stem = [picture, stemOf(picture)].find((one) => byStem.has(one));
    if (stem === undefined) continue;
    found.set(picture, byStem.get(stem) as Annotation);
    unused.delete(stem);
  }
  for (const { path } of unused.values()) {
    refused.push({ path, code: "caption-without-image", message: "there is no picture of this name beside it" });
  }
  return { found, refused };
}
