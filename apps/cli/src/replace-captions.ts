import { UserError } from "@loramill/contracts";

export interface Replacement {
  readonly find: string;
  readonly with: string;
  /** `find` is a regular expression, and `with` may name its groups as $1. */
  readonly regex?: boolean;
}

export interface CaptionChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What a replacement would change, in the order of the pictures. UserError `bad-pattern` for a broken expression. */
export function replaceInCaptions(
  images: readonly { readonly path: string; readonly caption: string | null }[],
  replacement: Replacement,
): CaptionChange[] {
  const pattern = patternOf(replacement);
  const value = replacement.regex ? replacement.with : replacement.with.replaceAll("$", "$$$$");
  return images.flatMap(({ path, caption }) => {
    if (caption === null) return [];
    const after = caption.replace(pattern, value).replace(/\s+/g, " ").trim();
    return after === caption ? [] : [{ path, before: caption, after }];
  });
}

function patternOf({ find, regex }: Replacement): RegExp {
  if (find === "") throw new UserError("nothing to find: the text to replace is empty", { code: "bad-pattern" });
  try {
    return new RegExp(regex ? find : RegExp.escape(find), "gu");
  } catch (error) {
    throw new UserError(`${find} is no regular expression: ${(error as Error).message}`, { code: "bad-pattern" });
  }
}
