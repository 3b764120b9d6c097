import { leaveOut } from "./caption-recipes.ts";
import { cleanCaption, tidy, withoutRepeats } from "./clean-caption.ts";
import type { FinishingStyle } from "./finishing-style.ts";
import { speaksOfMarks, withoutMarks, withoutNames } from "./invented.ts";
import { afterLeading, mentions, removePhrase, replacePhrase } from "./phrases.ts";
import { asProse, asTags } from "./tag-form.ts";
import { fits, longestFitting } from "./truncate.ts";

/** A caption on its way: `head` comes first, `tail` last, and only `body` is ever cut to make room. */
export interface Draft {
  readonly head: string;
  /** Between head and body. */
  readonly joint: string;
  readonly body: string;
  readonly tail: readonly string[];
}

export interface FinishingRule {
  readonly rule: string;
  readonly does: string;
  readonly applies: (style: FinishingStyle) => boolean;
  readonly apply: (draft: Draft, style: FinishingStyle) => Draft;
}

export function render({ head, joint, body, tail }: Draft): string {
  const start = head === "" ? body : body === "" ? head : `${head}${joint}${body}`;
  return [start, ...tail].filter((part) => part !== "").join(", ");
}

/** What stands there when a picture was left with no word at all: an empty caption file would stop a trainer. */
const NEVER_EMPTY = "a photo";

const trimmed = (text: string | undefined): string => text?.trim() ?? "";
const onBody =
  (change: (body: string, style: FinishingStyle) => string): FinishingRule["apply"] =>
  (draft, style) => ({ ...draft, body: change(draft.body, style) });
/** Every text of the spec and of the picture that a model could not have made up. */
const toldBy = (style: FinishingStyle): string[] =>
  [
    style.triggerWord,
    style.className,
    style.prefix,
    style.suffix,
    ...(style.include ?? []),
    ...style.tags,
    ...(style.replace ?? []).map(({ to }) => to),
    ...(style.known ?? []),
  ].filter((text) => text !== undefined);
/** Phrases that the caption does not have yet. */
const missing = (draft: Draft, phrases: readonly string[]): string[] => {
  const added: string[] = [];
  for (const phrase of phrases.map(trimmed)) {
    if (phrase !== "" && !mentions([render(draft), ...added].join(", "), phrase)) added.push(phrase);
  }
  return added;
};

/** In the order in which they are applied. */
export const finishingRules: readonly FinishingRule[] = [
  {
    rule: "clean",
    does: "takes out markup, introductions, repeats and remarks that are not about the picture",
    applies: () => true,
    apply: onBody((body) => cleanCaption(body)),
  },
  {
    rule: "replace",
    does: "puts other words in the place of some",
    applies: ({ replace }) => (replace?.length ?? 0) > 0,
    apply: onBody((body, { replace = [] }) =>
      tidy(
        replace.reduce(
          // A replacement that holds what it replaces would grow each time.
          (text, { from, to }) => (mentions(to, from) && mentions(text, to) ? text : replacePhrase(text, from, to)),
          body,
        ),
      ),
    ),
  },
  {
    rule: "exclude",
    does: "takes out words that no caption may have",
    applies: ({ exclude }) => (exclude?.length ?? 0) > 0,
    apply: onBody((body, { exclude = [] }) => tidy(exclude.reduce(removePhrase, body))),
  },
  {
    rule: "recipe",
    does: "leaves out what the trigger word is to stand for",
    applies: ({ recipe }) => recipe !== undefined,
    apply: onBody((body, { recipe }) => (recipe === undefined ? body : tidy(leaveOut(body, recipe)))),
  },
  {
    rule: "form",
    does: "writes sentences or a list of tags",
    applies: ({ form }) => form !== undefined,
    apply: onBody((body, { form }) => (form === "tags" ? asTags(body) : asProse(body))),
  },
  {
    rule: "trigger",
    does: "puts the trigger word first and nowhere else",
    applies: ({ triggerWord }) => trimmed(triggerWord) !== "",
    apply: (draft, { triggerWord }) => {
      const head = trimmed(triggerWord);
      const rest = afterLeading(draft.body, head);
      const joint = rest !== null && /^\s/.test(rest) ? " " : draft.joint;
      return { ...draft, head, joint, body: tidy(removePhrase(rest ?? draft.body, head)) };
    },
  },
  {
    rule: "repeats",
    does: "says every part once",
    applies: () => true,
    apply: onBody((body) => tidy(withoutRepeats(body))),
  },
  {
    rule: "marks",
    does: "takes out watermarks, signatures and stock photographs that nobody but the model spoke of",
    applies: mayLoseMarks,
    apply: onBody((body) => withoutMarks(body)),
  },
  {
    rule: "names",
    does: "takes out names that nobody but the model knows",
    applies: ({ invented }) => invented === "names",
    apply: onBody((body, style) => withoutNames(body, toldBy(style))),
  },
  {
    rule: "class",
    does: "names the class when the text does not",
    applies: ({ className }) => trimmed(className) !== "",
    apply: nameClass,
  },
  {
    rule: "prefix",
    does: "begins every caption with the same words",
    applies: ({ prefix }) => trimmed(prefix) !== "",
    apply: (draft, style) => {
      const prefix = trimmed(style.prefix);
      const [written, wanted] = [draft.body.toLowerCase(), prefix.toLowerCase()];
      // Of a caption that was cut down to its prefix the last words may be gone.
      const [first = ""] = written.split(",", 1);
      const hasIt = written.startsWith(wanted) || (first !== "" && wanted.startsWith(`${first} `));
      const body = hasIt ? draft.body : tidyStart(`${prefix} ${draft.body}`);
      return { ...draft, joint: ", ", body };
    },
  },
  {
    rule: "suffix",
    does: "ends every caption with the same words",
    applies: ({ suffix }) => trimmed(suffix) !== "",
    apply: (draft, { suffix }) => ({ ...draft, tail: [...draft.tail, ...missing(draft, [trimmed(suffix)])] }),
  },
  {
    rule: "include",
    does: "adds words that every caption must have",
    applies: ({ include }) => (include?.length ?? 0) > 0,
    apply: (draft, { include = [] }) => ({ ...draft, tail: [...draft.tail, ...missing(draft, include)] }),
  },
  {
    rule: "tags",
    does: "adds the style tags that the text does not have",
    applies: ({ tags }) => tags.length > 0,
    apply: (draft, { tags }) => ({ ...draft, tail: [...draft.tail, ...missing(draft, tags)] }),
  },
  {
    rule: "length",
    does: "cuts the text at a word, so that everything that must be there fits",
    applies: () => true,
    apply: cutToLength,
  },
  {
    rule: "never-empty",
    does: "leaves no caption without a word",
    applies: () => true,
    apply: (draft, style) =>
      render(draft) === ""
        ? { ...draft, body: trimmed(style.triggerWord) || trimmed(style.className) || NEVER_EMPTY }
        : draft,
  },
];

function mayLoseMarks(style: FinishingStyle): boolean {
  return style.invented !== "keep" && !speaksOfMarks(toldBy(style));
}

function nameClass(draft: Draft, style: FinishingStyle): Draft {
  const className = trimmed(style.className);
  if (afterLeading(draft.body, className) !== null) return { ...draft, joint: " " };
  if (mentions(`${draft.head} ${draft.body}`, className)) return draft;
  return { ...draft, joint: " ", body: draft.body === "" ? className : `${className}, ${draft.body}` };
}

/**
 * Cuts the body until everything fits. What must be there and stood in the part that was cut off is added again, which may
 * need more room: each round adds at least one of them for good. A cut may end a sentence at a watermark that stood among
 * other words; that goes too, or finishing the finished caption would take it out.
 */
function cutToLength(draft: Draft, style: FinishingStyle): Draft {
  const required = [trimmed(style.suffix), ...(style.include ?? []), ...style.tags];
  const unmarked = (body: string): string => (mayLoseMarks(style) ? withoutMarks(body) : body);
  let cut = draft;
  for (let round = 0; round <= required.length + 1; round += 1) {
    if (fits(render(cut), style)) return cut;
    const beginning = tidy(longestFitting(cut.body, (body) => render({ ...cut, body }), style));
    cut = { ...cut, body: unmarked(beginning) };
    if (!fits(render(cut), style)) break;
    const className = trimmed(style.className);
    if (className !== "" && mentions(render(draft), className) && !mentions(render(cut), className)) {
      const body = unmarked(beginWith(className, cut.body, trimmed(style.prefix)));
      cut = { ...cut, joint: body.startsWith(className) ? " " : cut.joint, body };
    }
    cut = { ...cut, tail: [...cut.tail, ...missing(cut, required)] };
  }
  const whole = longestFitting(render(cut), (beginning) => beginning, style).replace(/[\s,]+$/, "");
  return { head: "", joint: "", body: whole, tail: [] };
}

/** A body that begins with the class, after the prefix where it has that. */
function beginWith(className: string, body: string, prefix: string): string {
  const hasPrefix = prefix !== "" && body.toLowerCase().startsWith(prefix.toLowerCase());
  const rest = (hasPrefix ? body.slice(prefix.length) : body).trim();
  return [hasPrefix ? prefix : "", rest === "" ? className : `${className}, ${rest}`].filter(Boolean).join(" ");
}

/** A prefix may end in a comma of its own, and may stand alone. */
function tidyStart(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/([,;:])\s*,/g, "$1")
    .replace(/[\s,;:]+$/, "");
}
