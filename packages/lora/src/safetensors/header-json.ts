/**
 * A strict JSON reader for headers from untrusted files. Unlike `JSON.parse` it refuses repeated keys (a parser that
 * takes the last one and a parser that takes the first one would load different tensors) and tells `2.0` and integers
 * past 2^53 from sizes. Objects become Maps, so that a tensor may be called `__proto__`.
 */
export type HeaderValue = string | number | boolean | null | readonly HeaderValue[] | HeaderObject;
export type HeaderObject = ReadonlyMap<string, HeaderValue>;

const MAX_DEPTH = 8;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = { t: ["true", true], f: ["false", false], n: ["null", null] } as const;

/** Throws SyntaxError. Numbers other than safe non-negative integers in plain digits are read as NaN. */
export function parseHeaderJson(text: string): HeaderObject {
  if (text[0] !== "{") throw new SyntaxError("the header does not start with {");
  let at = 0;

  function skipSpace(): void {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  }
  function take(pattern: RegExp, what: string): string {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) throw new SyntaxError(`expected ${what} at character ${at} of the header`);
    at += found.length;
    return found;
  }
  /** Looks for the closing quote by itself: a pattern would need stack for every character of a long text. */
  function takeString(): string {
    let end = at;
    do end = text.indexOf('"', end + 1);
    while (end !== -1 && isEscaped(text, end));
    if (text[at] !== '"' || end === -1) throw new SyntaxError(`expected a string at character ${at} of the header`);
    const found = JSON.parse(text.slice(at, end + 1)) as string;
    at = end + 1;
    return found;
  }
  function takeIf(character: string): boolean {
    skipSpace();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }
  function expect(character: string): void {
    if (!takeIf(character)) throw new SyntaxError(`expected ${character} at character ${at} of the header`);
  }
  function readObject(depth: number): HeaderObject {
    const entries = new Map<string, HeaderValue>();
    if (takeIf("}")) return entries;
    do {
      skipSpace();
      const key = takeString();
      if (entries.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key.slice(0, 80))} appears twice`);
      expect(":");
      entries.set(key, readValue(depth));
    } while (takeIf(","));
    expect("}");
    return entries;
  }
  function readArray(depth: number): readonly HeaderValue[] {
    const items: HeaderValue[] = [];
    if (takeIf("]")) return items;
    do items.push(readValue(depth));
    while (takeIf(","));
    expect("]");
    return items;
  }
  function readValue(depth: number): HeaderValue {
    if (depth > MAX_DEPTH) throw new SyntaxError(`the header is nested deeper than ${MAX_DEPTH} levels`);
    if (takeIf("{")) return readObject(depth + 1);
    if (takeIf("[")) return readArray(depth + 1);
    const first = text[at] ?? "";
    if (first === '"') return takeString();
    if (first === "t" || first === "f" || first === "n") {
      const [word, value] = WORDS[first];
      if (text.startsWith(word, at)) {
        at += word.length;
        return value;
      }
    }
    const digits = take(NUMBER, "a value");
    const number = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
    return Number.isSafeInteger(number) ? number : Number.NaN;
  }

  at = 1;
  const header = readObject(1);
  skipSpace();
  if (at !== text.length) throw new SyntaxError(`unexpected text after the header's end, at character ${at}`);
  return header;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}
