/** Longer answers of a captioner are cut before they are looked at, in characters. */
const MAX_RAW_LENGTH = 8192;

const NOUN = "(?:image|picture|photo|photograph|scene|illustration|painting|artwork)";
const VERB =
  "(?:shows|depicts|features|displays|captures|presents|contains|illustrates|portrays|showcases|includes|is of|consists of)";

/** How vision models begin before they say anything about the picture. Tried again until none fits. */
const OPENINGS: readonly RegExp[] = [
  /^(?:sure|certainly|of course|absolutely|okay|ok)\b[^.:!]{0,80}[.:!]\s*/i,
  /^here(?:'s|’s| is| are)\b[^.:!]{0,80}:\s*/i,
  /^(?:image\s+)?(?:caption|description|prompt|answer|tags)\s*:\s*/i,
  new RegExp(`^(?:in\\s+)?(?:this|the)\\s+(?:\\w+\\s+){0,2}${NOUN}\\s+(?:prominently\\s+)?${VERB}\\s+`, "i"),
  new RegExp(`^in\\s+(?:this|the)\\s+(?:\\w+\\s+)?${NOUN}\\s*,?\\s*`, "i"),
  new RegExp(`^an?\\s+${NOUN}\\s+(?:that\\s+${VERB}|showing|depicting)\\s+`, "i"),
  /^(?:i|we|you)\s+(?:can\s+)?see\s+(?:that\s+)?/i,
  /^there(?:\s+is|\s+are|'s|’s)\s+/i,
  /^it\s+(?:shows|depicts|features|appears to be|seems to be|is)\s+/i,
];

/** Sentences that talk about the answer or the mood instead of the picture. */
const EMPTY_SENTENCE = new RegExp(
  [
    "^overall\\b",
    "^the overall\\b",
    `^the ${NOUN} (?:evokes|conveys|exudes|suggests|has a sense|creates)\\b`,
    "^(?:i hope|let me know|feel free|please note|note that)\\b",
    "^(?:(?:i['’]m|i am) (?:sorry|unable|not able)|sorry|unfortunately|as an ai)\\b",
    "^i (?:can['’]t|cannot|won['’]t|do not|don['’]t)\\b",
  ].join("|"),
  "i",
);

/** Words that a text may begin with in lower case without a name losing its capital. */
const COMMON_FIRST = new Set(
  "a an the one two three four five several many some this that these those close-up in on at with his her its".split(
    " ",
  ),
);

/** Takes out of a captioner's answer what is not about the picture: markup, openings, repeats, closing remarks. */
export function cleanCaption(raw: string): string {
  const sentences = stripMarkup(raw.slice(0, MAX_RAW_LENGTH)).split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  let text = unique(sentences.filter((sentence) => !EMPTY_SENTENCE.test(sentence))).join(" ");
  for (let before = ""; before !== text; ) {
    before = text;
    text = OPENINGS.reduce((rest, opening) => rest.replace(opening, ""), unquote(text)).trim();
  }
  return lowerFirst(tidy(withoutRepeats(text)));
}

/** Drops the last sentence of an answer that was cut off at a token limit, or failing that the last part after a comma. */
export function dropUnfinished(text: string): string {
  const end = text.search(/[.!?][^.!?]*$/);
  if (end > 0) return text.slice(0, end + 1);
  const comma = text.lastIndexOf(",");
  return comma > 0 ? text.slice(0, comma) : text.replace(/\s+\S*$/, "");
}

/** Spaces and punctuation as one would write them; nothing dangling at either end. */
export function tidy(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/\s+([,.;:!?])/g, "$1")
    .replace(/([,;:])(?:\s*[,;:])+/g, "$1")
    .replace(/,\s*\./g, ".")
    .replace(/^[\s,.;:!?-]+/, "")
    .replace(/[\s,.;:-]+$/, "")
    .replace(/(?:\s+(?:a|an|the|of|and|with|in|on|at|by|to|for|from|or))+$/i, "")
    .replace(/[\s,.;:-]+$/, "");
}

function stripMarkup(text: string): string {
  return (
    text
      .replace(/<think>[\s\S]*?(?:<\/think>|$)/gi, " ")
      .replace(/<\|[^|>]{0,40}\|>|<\/?s>|\[\/?INST\]/gi, " ")
      // A heading over an answer names it; one that is alone is the answer.
      .replace(/^[ \t]*#{1,6}[ \t]+[^\n]{0,40}\n+/gm, "")
      .replace(/^[ \t]*#{1,6}[ \t]+/gm, "")
      .replace(/```\w*|[*`#]{1,3}(?=\S)|(?<=\S)[*`]{1,3}(?=\s|[.,;:]|$)/g, "")
      // Tags are written with underscores inside.
      .replace(/(?<![\p{L}\p{N}_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![\p{L}\p{N}_])/gu, "")
      .replace(/(?<=\S)[.,;]?[ \t]*\n\s*(?:[-•*]|\d+[.)])\s+/g, ", ")
      .replace(/^\s*(?:[-•*]|\d+[.)])\s+/gm, "")
      .replace(/\s+/g, " ")
      .trim()
  );
}

function unquote(text: string): string {
  return text.replace(/^["'“”‘’«]+|["'“”‘’»]+[.,]?$/g, "");
}

/** Up to eight words that follow on themselves three times or more: a model that could not find the end. */
const LOOP = /(?<!\S)((?:\S+\s+){0,7}?\S+)(?:\s+\1(?!\S)){2,}/gi;

/** A model in a loop repeats its parts; each is kept once, in order. */
export function withoutRepeats(text: string): string {
  let rest = text;
  for (let before = ""; before !== rest; ) {
    before = rest;
    rest = unique(rest.replace(LOOP, "$1").split(/,\s+/)).join(", ");
  }
  return rest;
}

function unique(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = item
      .trim()
      .toLowerCase()
      .replace(/[\s.,;:!?]+$/, "");
    if (key === "" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function lowerFirst(text: string): string {
  const [first = ""] = text.split(/[\s,]/, 1);
  return COMMON_FIRST.has(first.toLowerCase()) ? first.toLowerCase() + text.slice(first.length) : text;
}
