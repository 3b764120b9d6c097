import type { CaptionStyle } from "@loramill/contracts";
import { cleanCaption, tidy } from "./clean-caption.ts";
import { afterLeading, countWords, firstWords, mentions, removePhrase } from "./phrases.ts";

/**
 * Raised whenever `finishCaption`, a prompt or a describing rule changes what comes out: part of the key under which
 * captions are remembered.
 */
export const CAPTIONING_VERSION = 1;

export type FinishingStyle = Pick<CaptionStyle, "triggerWord" | "className" | "maxWords" | "tags">;

/**
 * Turns what a captioner or a person wrote into a training caption: the trigger word first and nowhere else, then the
 * class name unless the text has it, then the text without a model's habits, then the style tags; at most `maxWords`
 * words, cut at a word. Finishing a finished caption changes nothing.
 */
export function finishCaption(raw: string, style: FinishingStyle): string {
  const head = style.triggerWord?.trim() ?? "";
  const className = style.className?.trim() ?? "";
  let body = cleanCaption(raw);
  let joint = ", ";
  if (head !== "") {
    const rest = afterLeading(body, head);
    if (rest !== null && /^\s/.test(rest)) joint = " ";
    body = tidy(removePhrase(rest ?? body, head));
  }
  if (className !== "") {
    if (afterLeading(body, className) !== null) joint = " ";
    else if (!mentions(`${head} ${body}`, className)) {
      body = body === "" ? className : `${className}, ${body}`;
      joint = " ";
    }
  }
  const tags = style.tags.map((tag) => tag.trim()).filter((tag) => tag !== "" && !mentions(body, tag));
  const room = style.maxWords - countWords(head) - countWords(tags.join(" "));
  if (countWords(body) > room) body = tidy(firstWords(body, Math.max(room, 0)));
  const start = head === "" ? body : body === "" ? head : `${head}${joint}${body}`;
  return firstWords([start, ...tags].filter((part) => part !== "").join(", "), style.maxWords).replace(/,$/, "");
}

/** A person's caption first, then what the captioner adds that it does not say yet. */
export function combineCaptions(existing: string, generated: string): string {
  const first = cleanCaption(existing);
  const added = cleanCaption(generated)
    .split(/,\s+|(?<=[.!?])\s+/)
    .map(tidy)
    .filter((part) => part !== "" && !mentions(first, part));
  return [first, ...added].filter((part) => part !== "").join(", ");
}
