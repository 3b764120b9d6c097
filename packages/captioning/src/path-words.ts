/** Folders that say where pictures were put, not what they show. */
const GENERIC = new Set(
  (
    "images image img imgs photos photo pictures picture pics dataset datasets data train training trainset input inputs " +
    "upload uploads download downloads raw src source sources files misc new folder untitled temp tmp export exports dcim " +
    "camera jpg jpeg png webp out output crops cropped resized set batch the my"
  ).split(" "),
);

/** `10_sks dog` and `my-red_cars` as words, without repeat counts and numbers; null when they say nothing. */
function wordsOf(name: string): string | null {
  const words = name
    .replace(/^\d+_/, "")
    .replace(/([\p{Ll}])(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\p{M}']+/u)
    .filter((word) => word.length > 1 && !GENERIC.has(word.toLowerCase()));
  return words.length === 0 ? null : words.join(" ").toLowerCase().slice(0, 64);
}

/** What the innermost telling folder of a path is called, as words. */
export function folderWords(path: string): string | null {
  const folders = path.split("/").slice(0, -1).reverse();
  for (const folder of folders) {
    const words = wordsOf(folder);
    if (words !== null) return words;
  }
  return null;
}

/** What a file's name says, as words; null for names that cameras and tools give (`IMG_0001`, `a8f3…`). */
export function fileWords(path: string): string | null {
  const name = (path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "");
  if (/^(?:img|dsc[fn]?|pxl|mvi|gopr|wp|vid|screenshot|image|photo|picture|file|frame|comfyui)?[\s_-]*\d/i.test(name))
    return null;
  if (/^[0-9a-f-]{12,}$/i.test(name)) return null;
  return wordsOf(name);
}
