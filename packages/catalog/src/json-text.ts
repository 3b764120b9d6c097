/** What Postgres refuses inside json: the zero character, and halves of surrogate pairs. */
const UNFIT = /\\u(?:0000|d[89a-f])/i;

/**
 * JSON as Postgres takes it. Texts come from file names, models and servers, and one bad character in one of them must not
 * make a batch fail: zero characters are dropped, half surrogates become the replacement character.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!UNFIT.test(text)) return text;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.replaceAll("\u0000", "").toWellFormed() : part,
  );
}
