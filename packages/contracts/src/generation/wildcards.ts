import { sha256Hex } from "../digest.ts";

export type Wildcards = Readonly<Record<string, readonly string[]>>;

/** `__name__`, or `{one|of|several}` without braces inside; an alternative may be empty. */
const CHOICE = /__([\w-]{1,64}?)__|\{([^{}|]*(?:\|[^{}|]*)+)\}/;
/** A wildcard's line may hold wildcards itself, so deep at most: what is deeper goes round in a circle. */
const MAX_CHOICES = 256;

/** The first choice of a text: where it is and what it is between; null where there is none. */
function findChoice(text: string, wildcards: Wildcards) {
  const found = CHOICE.exec(text);
  if (found === null) return null;
  const [whole, name, list] = found;
  const options = name === undefined ? (list ?? "").split("|") : wildcards[name];
  if (options === undefined || options.length === 0) throw new UnknownWildcard(name ?? "");
  return { at: found.index, length: whole.length, options };
}

/** Names that a prompt uses and nobody wrote down. */
export class UnknownWildcard extends RangeError {
  readonly wildcard: string;

  constructor(wildcard: string) {
    super(`there is no wildcard ${wildcard}`);
    this.wildcard = wildcard;
  }
}

export const hasChoices = (text: string): boolean => CHOICE.test(text);

const replaceAt = (text: string, { at, length }: { at: number; length: number }, by: string): string =>
  text.slice(0, at) + by + text.slice(at + length);

/**
 * The text with every choice made: equal text and seed give equal words, on any machine. Throws UnknownWildcard, and
 * RangeError where wildcards name one another in a circle.
 */
export function fillWildcards(text: string, wildcards: Wildcards, seed: number): string {
  let filled = text;
  for (let nth = 0; nth < MAX_CHOICES; nth += 1) {
    const choice = findChoice(filled, wildcards);
    if (choice === null) return filled;
    const drawn = Number.parseInt(sha256Hex(`${seed}\n${nth}\n${text}`).slice(0, 12), 16);
    filled = replaceAt(filled, choice, choice.options[drawn % choice.options.length] ?? "");
  }
  throw new RangeError(`the wildcards of "${text.slice(0, 60)}" have no end: one of them leads back to itself`);
}

/** Every text that the choices allow, in their order; RangeError where there are more than `most`. */
export function expandWildcards(text: string, wildcards: Wildcards, most: number): string[] {
  const done: string[] = [];
  const open = [{ text, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const choice = findChoice(next.text, wildcards);
    if (choice === null) done.push(next.text);
    else if (next.depth >= MAX_CHOICES) throw new RangeError("wildcards lead back to themselves");
    else {
      const { depth, text: from } = next;
      for (const option of choice.options.toReversed()) {
        open.push({ text: replaceAt(from, choice, option), depth: depth + 1 });
      }
    }
    if (done.length + open.length > most) throw new RangeError(`more than ${most} prompts`);
  }
  return done;
}
