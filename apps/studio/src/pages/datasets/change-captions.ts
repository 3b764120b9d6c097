export type ChangeKind = "replace" | "prefix" | "suffix" | "remove";

export interface CaptionChange {
  readonly kind: ChangeKind;
  /** What is looked for, with `replace`; whole words of a caption or parts of them. */
  readonly find: string;
  /** What stands in its place; or before, or behind all that is there. */
  readonly text: string;
}

export interface ChangedCaption {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What a change would do to all captions, in the order of the pictures; those that stay as they are, are left out. What a
 * caption begins or ends with already is not put there again.
 */
export function changeCaptions(
  images: readonly { readonly path: string; readonly caption: string | null }[],
  change: CaptionChange,
): ChangedCaption[] {
  return images.flatMap(({ path, caption }) => {
    const after =
      changed(caption ?? "", change)
        .replace(/\s+/g, " ")
        .trim() || null;
    return after === caption ? [] : [{ path, before: caption, after }];
  });
}

function changed(caption: string, { kind, find, text }: CaptionChange): string {
  const clean = text.trim();
  switch (kind) {
    case "replace":
      // A function, because in a text $& and the like would stand for what was found.
      return find === "" ? caption : caption.replaceAll(find, () => text);
    case "prefix":
      return clean === "" || caption.startsWith(clean) ? caption : joined(clean, caption);
    case "suffix":
      return clean === "" || caption.endsWith(clean) ? caption : joined(caption, clean);
    case "remove":
      return "";
  }
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(", ");
