import { tidy } from "./clean-caption.ts";
import { mentions } from "./phrases.ts";

/**
 * What vision models say of pictures without having seen it. Only clauses of a closed vocabulary are taken out, so that a
 * person who signs a letter stays.
 */

const QUALITY =
  "(?:small|large|tiny|faint|visible|subtle|barely|transparent|translucent|semi-transparent|white|black|red|grey|gray|handwritten|digital|repeated|repeating|diagonal|copyright|website|text|logo|photographer['’]?s?|artist['’]?s?|\\p{Lu}[\\p{L}\\p{N}'’]*)";
const PLACE = "(?:corners?|edges?|borders?|bottom|top|middle|cent(?:er|re)|sides?|left|right|background|foreground)";
const TAIL = `(?:\\s+(?:is|are|can|be|seen|visible|faintly|clearly|present|placed|located|overlaid|overlay|across|over|in|on|at|near|along|of|the|its|an?|lower|upper|far|${PLACE}|hand|left-hand|right-hand|image|picture|photo|photograph|frame|that|which|reading|reads|says|saying|with|text|name|["“'‘][^"“”]{0,60}["”'’](?=[\\s,.;!?]|$)))*`;
const MARK =
  "(?:[Ww]atermarks?(?:\\s+text)?|[Ss]tock\\s+(?:photo(?:graph(?:y)?)?|image)s?|[Aa]rtist['’]?s?\\s+signatures?)";
/** A signature is one on the picture only where its place is named. */
const SIGNED = `[Ss]ignatures?(?=\\s[^,.;!?]{0,60}\\b${PLACE}\\b)`;
const LEAD = "(?:(?:[Tt]here\\s+(?:is|are)|and|with|featuring|including|plus|also)\\s+)*";
const CLAUSE = `${LEAD}(?:(?:[Aa]n?|[Tt]he|[Ss]ome|[Ii]ts)\\s+)?(?:${QUALITY}\\s+){0,4}(?:${MARK}|${SIGNED})${TAIL}`;

const marks: readonly RegExp[] = [
  // Between punctuation, or from a word that adds something to the end of its clause.
  new RegExp(`(^|[,.;!?]\\s*)${CLAUSE}\\s*(?=[,.;!?]|$)`, "u"),
  new RegExp(`(\\s)(?:and|with|featuring|including|plus)\\s+${CLAUSE}\\s*(?=[,.;!?]|$)`, "u"),
  /()\b(?:an?\s+)?stock\s+(?:photo(?:graph)?|image)\s+(?:of|showing|depicting)\s+/iu,
];

/** Without what a model says of watermarks, signatures in a corner and stock photographs. */
export function withoutMarks(text: string): string {
  let rest = text;
  for (let before = ""; before !== rest; ) {
    before = rest;
    for (const mark of marks) rest = rest.replace(mark, (_, edge: string) => edge);
    if (rest !== before) rest = tidy(rest.replace(/([.!?])\s*[.,;!?]+(?=\s|$)/g, "$1"));
  }
  return rest;
}

const NAME = "(\\p{Lu}[\\p{L}'’-]*(?:\\s+(?:(?:van|von|de|da|di|del|la|le)\\s+)?\\p{Lu}[\\p{L}'’-]*){0,3})";
const names: readonly RegExp[] = [
  new RegExp(`,?\\s+(?:named|called|known\\s+as|identified\\s+as)\\s+["“]?${NAME}["”]?(?=[\\s,.;!?]|$)`, "gu"),
  new RegExp(
    `,?\\s+(?:by|from|of)\\s+(?:the\\s+)?(?:artist|photographer|painter|illustrator|brand)\\s+["“]?${NAME}["”]?(?=[\\s,.;!?]|$)`,
    "gu",
  ),
];

/** Without names given to somebody or something that none of the known texts has. */
export function withoutNames(text: string, known: readonly string[]): string {
  const told = known.join("\n").replace(/[_\-/\\.]+/g, " ");
  return tidy(
    names.reduce(
      (rest, pattern) => rest.replace(pattern, (whole, name: string) => (mentions(told, name) ? whole : "")),
      text,
    ),
  );
}

/** Whether somebody who knows spoke of such marks: then they are there. */
export function speaksOfMarks(texts: readonly string[]): boolean {
  return /watermark|signature|\bstock\s+(?:photo|image)/i.test(texts.join("\n"));
}
