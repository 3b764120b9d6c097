import type { CaptionStyle } from "@loramill/contracts";
import { tidy } from "./clean-caption.ts";
import { fileWords, folderWords } from "./path-words.ts";
import { mentions, withArticle } from "./phrases.ts";

/**
 * Fills the style's template: {subject} is the class with its article (the trigger word is put first later), else the
 * folder's name; {class}, {trigger}, {folder} and {file} are the bare words. Unknown braces stay as they are.
 */
export function simpleCaption(
  path: string,
  style: Pick<CaptionStyle, "template" | "className" | "triggerWord">,
): string {
  const className = style.className?.trim() ?? "";
  const trigger = style.triggerWord?.trim() ?? "";
  const folder = folderWords(path) ?? "";
  const file = fileWords(path) ?? "";
  const noun = className || (mentions(folder, trigger) ? "" : folder);
  const values: Readonly<Record<string, string>> = {
    subject: noun === "" ? "" : withArticle(noun),
    class: className,
    trigger,
    folder,
    file,
  };
  return tidy(style.template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole));
}
