import { UserError } from "@loramill/contracts";

/** S3's own limit on a key, in UTF-8 bytes; the file driver keeps it too, so that a folder can move to a bucket. */
const MAX_KEY_BYTES = 1024;
/** Top folder of a file store that is not part of its keys: temporary files, content types, the signing secret. */
export const PRIVATE_FOLDER = ".loramill";

/**
 * Refuses (UserError `unsafe-key`) every key that could leave a store's folder or mean two things: empty, absolute,
 * with `.`, `..` or empty segments, with NUL or other control characters, with lone surrogates, or too long.
 */
export function assertSafeKey(key: string): void {
  const problem = problemOfKey(key);
  if (problem === null) return;
  throw new UserError(`the key ${JSON.stringify(key.slice(0, 200))} ${problem}`, { code: "unsafe-key" });
}

/** A prefix is any beginning of a safe key, the empty one included. */
export function assertSafePrefix(prefix: string): void {
  const problem = prefix === "" ? null : (problemOfText(prefix) ?? problemOfSegments(prefix.split("/").slice(0, -1)));
  if (problem === null) return;
  throw new UserError(`the prefix ${JSON.stringify(prefix.slice(0, 200))} ${problem}`, { code: "unsafe-key" });
}

function problemOfKey(key: string): string | null {
  if (key === "") return "is empty";
  return problemOfText(key) ?? problemOfSegments(key.split("/"));
}

function problemOfText(text: string): string | null {
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  if (/\p{Cc}/u.test(text)) return "holds a control character";
  if (!text.isWellFormed()) return "is not well-formed Unicode";
  return null;
}

function problemOfSegments(segments: readonly string[]): string | null {
  if (segments[0] === PRIVATE_FOLDER) return `starts with the private folder ${PRIVATE_FOLDER}`;
  if (segments.some((segment) => segment === "")) return "has an empty segment or a slash at an end";
  if (segments.some((segment) => segment === "." || segment === "..")) return "has a segment that means another folder";
  return null;
}

/** S3's order of keys: by UTF-8 bytes, which differs from JavaScript's order beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
