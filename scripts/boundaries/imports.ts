import { type Token, tokenise } from "./tokens.ts";

/** A module that a file names: what it names, and on which line (from 1). */
export type Import = { specifier: string; line: number };

/** What the boundary rules need to know about one file. */
export type FileFacts = { imports: Import[]; environmentReads: number[] };

const isString = (token: Token | undefined): token is Token => token?.kind === "string";

/** The string after the next `from`, if the statement that starts at `start` has one. */
function fromClause(tokens: Token[], start: number): Token | undefined {
  for (let at = start; at < Math.min(tokens.length, start + 2_000); at++) {
    const token = tokens[at] as Token;
    const inClause = token.kind === "word" || token.kind === "string" || "{},*".includes(token.text);
    if (!inClause) return undefined;
    if (token.text === "from" && token.kind === "word" && isString(tokens[at + 1])) return tokens[at + 1];
  }
  return undefined;
}

/** The string of `(…` or `.a.b(…` after a call's first word, when the words match one of `paths`. */
function calledWith(tokens: Token[], start: number, paths: string[]): Token | undefined {
  let path = "";
  let at = start;
  while (tokens[at]?.text === "." && tokens[at + 1]?.kind === "word") {
    path += `.${tokens[at + 1]?.text}`;
    at += 2;
  }
  return paths.includes(path) && tokens[at]?.text === "(" && isString(tokens[at + 1]) ? tokens[at + 1] : undefined;
}

function specifierAt(tokens: Token[], at: number): Token | undefined {
  const token = tokens[at] as Token;
  const next = tokens[at + 1];
  if (token.kind !== "word" || tokens[at - 1]?.text === ".") return undefined;
  if (token.text === "import") {
    if (isString(next)) return next;
    return calledWith(tokens, at + 1, ["", ".meta.resolve"]) ?? fromClause(tokens, at + 1);
  }
  if (token.text === "require") return calledWith(tokens, at + 1, ["", ".resolve"]);
  if (token.text === "export" && next && ["*", "{", "type"].includes(next.text)) {
    return exportFrom(tokens, next.text === "type" ? at + 2 : at + 1);
  }
  return undefined;
}

/** `export { … } from "x"` and `export * [as y] from "x"`; a list without `from` names nothing. */
function exportFrom(tokens: Token[], start: number): Token | undefined {
  if (tokens[start]?.text === "*") return fromClause(tokens, start);
  if (tokens[start]?.text !== "{") return undefined;
  let close = start;
  while (close < tokens.length && tokens[close]?.text !== "}") close++;
  return tokens[close + 1]?.text === "from" && isString(tokens[close + 2]) ? tokens[close + 2] : undefined;
}

function readsEnvironment(tokens: Token[], at: number): boolean {
  if (tokens[at]?.text !== "process" || tokens[at]?.kind !== "word") return false;
  const [first, second] = [tokens[at + 1], tokens[at + 2]];
  if (first?.text === "?" && second?.text === ".") return tokens[at + 3]?.text === "env";
  if ((first?.text !== "." && first?.text !== "[") || second?.text !== "env") return false;
  // A variable that is set, for a library that reads it, is not read.
  const [dot, , equals, next] = tokens.slice(at + 3);
  return !(dot?.text === "." && equals?.text === "=" && next?.text !== "=");
}

/** Finds every static, dynamic and type-only import, `export … from`, `require` and `process.env` of a file. */
export function readFacts(source: string): FileFacts {
  const tokens = tokenise(source);
  const facts: FileFacts = { imports: [], environmentReads: [] };
  for (const [at, token] of tokens.entries()) {
    const found = specifierAt(tokens, at);
    if (found) facts.imports.push({ specifier: found.text, line: found.line });
    if (readsEnvironment(tokens, at)) facts.environmentReads.push(token.line);
  }
  return facts;
}
