import { type PreparedImage, UserError } from "@loramill/contracts";
import { MAX_CAPTION_CHARACTERS } from "./annotations/annotation.ts";

/** What is to be different in a new version. Pictures are named by their path. */
export interface DatasetChange {
  readonly drop?: readonly string[] | undefined;
  /** By path; null takes the caption away. */
  readonly captions?: Readonly<Record<string, string | null>> | undefined;
  readonly repeats?: Readonly<Record<string, number>> | undefined;
}

/** Where captions that a person wrote come from. */
const EDITED = "edited";

/**
 * The images of a new version: those of the old one, changed, then those added, under names that are free. No bytes are
 * copied. UserError `unknown-image` when the change names a picture that is not there.
 */
export function deriveImages(
  images: readonly PreparedImage[],
  change: DatasetChange,
  added: readonly PreparedImage[] = [],
): PreparedImage[] {
  const { drop = [], captions = {}, repeats = {} } = change;
  const known = new Set(images.map(({ path }) => path));
  const named = [...drop, ...Object.keys(captions), ...Object.keys(repeats)];
  const strange = named.filter((path) => !known.has(path));
  if (strange.length > 0) throw unknownImages(strange);
  const dropped = new Set(drop);
  const kept = images.filter(({ path }) => !dropped.has(path)).map((image) => changed(image, captions, repeats));
  const used = new Set(kept.map(({ path }) => path));
  const seen = new Set(kept.map(({ original }) => original.sha256));
  for (const image of added) {
    if (seen.has(image.original.sha256)) continue;
    seen.add(image.original.sha256);
    let path = image.path;
    for (let n = 2; used.has(path); n++) path = image.path.replace(/(\.[^./]*)?$/, (extension) => `-${n}${extension}`);
    used.add(path);
    kept.push({ ...image, path });
  }
  return kept;
}

function changed(
  image: PreparedImage,
  captions: NonNullable<DatasetChange["captions"]>,
  repeats: NonNullable<DatasetChange["repeats"]>,
): PreparedImage {
  const { path } = image;
  const { caption: _, ...bare } = image;
  const text = Object.hasOwn(captions, path) ? (captions[path] as string | null) : undefined;
  const often = Object.hasOwn(repeats, path) ? repeats[path] : undefined;
  if (text !== undefined && text !== null && text.length > MAX_CAPTION_CHARACTERS) {
    throw new UserError(`the caption of ${path} is longer than ${MAX_CAPTION_CHARACTERS} characters`, {
      code: "caption-too-long",
    });
  }
  const clean = text?.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return {
    ...(text === undefined ? image : clean ? { ...bare, caption: { text: clean, origin: EDITED } } : bare),
    ...(often === undefined ? {} : { repeats: often }),
  };
}

function unknownImages(paths: readonly string[]): UserError {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : "";
  return new UserError(`the dataset has no picture called ${paths.slice(0, 5).join(", ")}${more}`, {
    code: "unknown-image",
    details: { paths: paths.slice(0, 100) },
  });
}
