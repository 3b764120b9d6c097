import { cleanCaption, tidy } from "./clean-caption.ts";
import { type Draft, finishingRules, render } from "./finishing-rules.ts";
import type { FinishingStyle } from "./finishing-style.ts";
import { mentions } from "./phrases.ts";

/** What one rule made of a caption. */
export interface AppliedRule {
  readonly rule: string;
  /** What it is there for, in a sentence without a full stop. */
  readonly does: string;
  readonly before: string;
  readonly after: string;
  readonly changed: boolean;
}

/**
 * Turns what a captioner or a person wrote into a training caption: the trigger word first and nowhere else, then the
 * class name unless the text has it, then the text without a model's habits, then the style tags; as long as the style
 * allows, cut at a word, and never empty. Finishing a finished caption changes nothing.
 */
export function finishCaption(raw: string, style: FinishingStyle): string {
  let draft: Draft = { head: "", joint: ", ", body: raw, tail: [] };
  for (const { applies, apply } of finishingRules) if (applies(style)) draft = apply(draft, style);
  return render(draft);
}

/** What `finishCaption` does, rule by rule, in the order in which they are applied; those that the style does not ask for are left out. */
export function previewFinish(raw: string, style: FinishingStyle): { text: string; rules: readonly AppliedRule[] } {
  let draft: Draft = { head: "", joint: ", ", body: raw, tail: [] };
  const rules: AppliedRule[] = [];
  for (const { rule, does, applies, apply } of finishingRules) {
    if (!applies(style)) continue;
    const before = render(draft);
    draft = apply(draft, style);
    const after = render(draft);
    rules.push({ rule, does, before, after, changed: before !== after });
  }
  return { text: render(draft), rules };
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
