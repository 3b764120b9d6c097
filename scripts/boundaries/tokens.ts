/** A piece of TypeScript source: an identifier, a string literal (its text without quotes) or one punctuation mark. */
export type Token = { kind: "word" | "string" | "mark"; text: string; line: number };

/** Words after which a slash starts a regular expression, not a division. */
const beforeExpression = new Set(
  "return typeof case in of do else void delete throw new await yield instanceof".split(" "),
);

const isWordCharacter = (character: string): boolean => /[\w$\u0080-\uffff]/.test(character);

function startsRegex(previous: Token | undefined): boolean {
  if (!previous) return true;
  if (previous.kind === "word") return beforeExpression.has(previous.text);
  return previous.kind === "mark" && !")]}".includes(previous.text);
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length && source[at] !== "\n"; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "[") inClass = true;
    else if (source[at] === "]") inClass = false;
    else if (source[at] === "/" && !inClass) return at + 1;
  }
  return start + 1; // no closing slash on the line: it was a division after all
}

function endOfString(source: string, start: number): number {
  const quote = source[start];
  for (let at = start + 1; at < source.length && source[at] !== "\n"; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === quote) return at + 1;
  }
  return start + 1; // an apostrophe in JSX text
}

/**
 * Splits source into tokens without comments, regular expressions and the fixed parts of templates. It knows just enough
 * of the language to find imports; TypeScript 7 offers no parser to ask instead.
 */
export function tokenise(source: string): Token[] {
  const tokens: Token[] = [];
  const templates: number[] = []; // depth of braces at which each open `${` closes
  let depth = 0;
  let line = 1;
  let at = 0;
  const skipTo = (end: number): void => {
    for (; at < end; at++) if (source[at] === "\n") line++;
  };
  const skipTemplate = (): void => {
    let end = at;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end))
      end += source[end] === "\\" ? 2 : 1;
    const opensExpression = source[end] !== "`";
    if (opensExpression) templates.push(depth++);
    skipTo(opensExpression ? end + 2 : end + 1);
  };
  while (at < source.length) {
    const character = source[at] as string;
    if (/\s/.test(character)) skipTo(at + 1);
    else if (source.startsWith("//", at))
      skipTo(source.indexOf("\n", at) < 0 ? source.length : source.indexOf("\n", at));
    else if (source.startsWith("/*", at))
      skipTo(source.indexOf("*/", at) < 0 ? source.length : source.indexOf("*/", at) + 2);
    else if (character === "`") {
      at++;
      skipTemplate();
    } else if (character === "}" && templates.at(-1) === depth - 1) {
      templates.pop();
      depth--;
      at++;
      skipTemplate();
    } else if (character === '"' || character === "'") {
      const end = endOfString(source, at);
      if (end > at + 1) tokens.push({ kind: "string", text: source.slice(at + 1, end - 1), line });
      skipTo(end);
    } else if (character === "/" && startsRegex(tokens.at(-1))) {
      const end = endOfRegex(source, at);
      if (end > at + 1) tokens.push({ kind: "string", text: "", line });
      skipTo(end);
    } else if (isWordCharacter(character)) {
      let end = at;
      while (end < source.length && isWordCharacter(source[end] as string)) end++;
      tokens.push({ kind: "word", text: source.slice(at, end), line });
      at = end;
    } else {
      if (character === "{") depth++;
      if (character === "}") depth--;
      tokens.push({ kind: "mark", text: character, line });
      at++;
    }
  }
  return tokens;
}
