import { UserError } from "@loramill/contracts";
import type { ExportItem, NamedItem } from "./export-item.ts";

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
};

/** File systems and tars take 255 bytes; captions and extensions need some of them. */
const MAX_STEM = 120;

/**
 * Names every item after its path: folders become part of the name, anything but letters, digits, `-` and `_` becomes
 * `_` (a WebDataset key ends at the first dot), and what two share gets a number. UserError `cannot-export` for a
 * picture whose format no trainer reads.
 */
export function nameItems(items: readonly ExportItem[]): NamedItem[] {
  const used = new Set<string>();
  return items.map((item) => {
    const extension = EXTENSIONS[item.blob.mediaType];
    if (extension === undefined) {
      throw new UserError(`${item.path} is ${item.blob.mediaType}: trainers read PNG, JPEG and WebP`, {
        code: "cannot-export",
      });
    }
    const base = stemOf(item.path);
    let stem = base;
    for (let n = 2; used.has(stem.toLowerCase()); n++) stem = `${base}-${n}`;
    used.add(stem.toLowerCase());
    return { ...item, stem, extension };
  });
}

function stemOf(path: string): string {
  const clean = path
    .replace(/\.[^./]*$/, "")
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9_-]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return clean.slice(-MAX_STEM) || "image";
}
