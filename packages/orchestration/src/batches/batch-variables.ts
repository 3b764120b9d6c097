import { type Json, nearNames } from "@loramill/contracts";

/** What `${…}` may stand for in one member of a batch, by name. */
export type Variables = Readonly<Record<string, Json>>;

/** Finds a text in which `${…}` stands for nothing. */
export class UnknownVariable extends Error {
  constructor(name: string, variables: Variables) {
    const known = Object.keys(variables);
    const near = nearNames(name, known);
    const hint = near.length > 0 ? `did you mean ${near.map(written).join(" or ")}?` : `there are ${list(known)}`;
    super(`${written(name)} stands for nothing here: ${hint}; $\${…} writes it as it is`);
  }
}

const written = (name: string): string => `\${${name}}`;
const list = (names: readonly string[]): string => names.map(written).join(", ");

/** `${name}`, and with a second dollar before it, the text itself. */
const REFERENCE = /(\$?)\$\{([^{}]*)\}/g;

/**
 * A text with its variables filled in. One that is a variable and nothing else (`isWhole`) becomes its value, which need not
 * be a text. Throws `UnknownVariable`.
 */
export function fillText(text: string, variables: Variables): { readonly value: Json; readonly isWhole: boolean } {
  const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1]?.trim();
  if (whole !== undefined) return { value: lookUp(whole, variables), isWhole: true };
  const value = text.replace(REFERENCE, (all, dollar: string, name: string) => {
    if (dollar !== "") return all.slice(1);
    const filled = lookUp(name.trim(), variables);
    return typeof filled === "string" ? filled : JSON.stringify(filled);
  });
  return { value, isWhole: false };
}

function lookUp(name: string, variables: Variables): Json {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value === undefined) throw new UnknownVariable(name, variables);
  return value;
}

/** A name as one word of small letters and digits, as trigger words are: `Ann Smith` is `annsmith`. */
export const asWord = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
