import type { ExistingCaption, Refusal } from "@loramill/contracts";
import type { z } from "zod";

/** In the order of preference when a picture has several. */
const EXTENSIONS = [".txt", ".caption"] as const;
/** A caption file may hold this much; longer ones are something else. */
export const MAX_CAPTION_BYTES = 32 * 1024;
const MAX_CAPTION_CHARACTERS = 8192;

export function isCaptionFile(path: string): boolean {
  const lower = path.toLowerCase();
  return EXTENSIONS.some((extension) => lower.endsWith(extension));
}

export interface CaptionFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

type Caption = z.output<typeof ExistingCaption>;

/** Captions by the path of the picture they belong to, and what is wrong with the others. */
export interface MatchedCaptions {
  readonly captions: ReadonlyMap<string, Caption>;
  readonly refused: readonly Refusal[];
}

/**
 * Gives each picture the text that lies beside it: `a.txt` or `a.jpg.txt` belongs to `a.jpg`; `.txt` goes before
 * `.caption`. White space and line breaks become single spaces. A file that is not UTF-8, empty, too long or has no
 * picture is refused with the reason; the picture itself stays.
 */
export function matchCaptions(pictures: Iterable<string>, files: readonly CaptionFile[]): MatchedCaptions {
  const refused: Refusal[] = [];
  const byStem = new Map<string, Caption>();
  const unused = new Map<string, CaptionFile>();
  const rank = (path: string) => EXTENSIONS.findIndex((extension) => path.toLowerCase().endsWith(extension));
  for (const file of [...files].sort((a, b) => rank(a.path) - rank(b.path))) {
    const text = readText(file);
    if (typeof text !== "string") {
      refused.push(text);
      continue;
    }
    const stem = stemOf(file.path);
    if (!byStem.has(stem)) byStem.set(stem, { text, origin: file.path.slice(-256) });
    unused.set(stem, file);
  }
  const captions = new Map<string, Caption>();
  for (const picture of pictures) {
    const stem = [picture, stemOf(picture)].find((one) => byStem.has(one));
    if (stem === undefined) continue;
    captions.set(picture, byStem.get(stem) as Caption);
    unused.delete(stem);
  }
  for (const { path } of unused.values()) {
    refused.push({ path, code: "caption-without-image", message: "there is no picture of this name beside it" });
  }
  return { captions, refused };
}

function readText({ path, bytes }: CaptionFile): string | Refusal {
  if (bytes.length > MAX_CAPTION_BYTES) return tooLong(path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { path, code: "caption-not-text", message: "the caption is not UTF-8 text" };
  }
  const clean = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  if (clean === "") return { path, code: "caption-empty", message: "the caption file is empty" };
  return clean.length > MAX_CAPTION_CHARACTERS ? tooLong(path) : clean;
}

function tooLong(path: string): Refusal {
  const message = `the caption is longer than ${MAX_CAPTION_CHARACTERS} characters`;
  return { path, code: "caption-too-long", message };
}

function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, "");
}
