/** Longest path that a source item may have; the schema of source documents says the same. */
const MAX_PATH_CHARACTERS = 1024;

/** Folders and files that systems leave among pictures. Names are compared in lower case. */
const JUNK = new Set([
  "__macosx",
  "thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  "icon\r",
  "$recycle.bin",
  "system volume information",
  "@eadir",
  "lost+found",
]);

/** Hidden files and what operating systems leave behind: skipped without a word. */
export function isJunk(path: string): boolean {
  return path
    .split("/")
    .some(
      (segment) => (segment.startsWith(".") && segment !== "." && segment !== "..") || JUNK.has(segment.toLowerCase()),
    );
}

export interface NameProblem {
  readonly code: string;
  readonly problem: string;
}

/** Why a relative path cannot be an item's, or null. */
export function problemOfPath(path: string): NameProblem | null {
  if (/\p{Cc}/u.test(path)) return unsafe("holds a control character");
  if (path.length <= MAX_PATH_CHARACTERS) return null;
  return { problem: `the name is longer than ${MAX_PATH_CHARACTERS} characters`, code: "name-too-long" };
}

/**
 * The path of an entry as an archive or bucket names it, with forward slashes and without `./`; or why it has none:
 * it leads out of the archive, is absolute, or cannot be a file name.
 */
export function cleanName(name: string): { readonly path: string } | NameProblem {
  const path = name.replaceAll("\\", "/");
  if (path.startsWith("/")) return unsafe("is absolute");
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) return unsafe("leads out of the archive");
  if (segments.length === 0) return unsafe("is empty");
  const clean = segments.join("/").toWellFormed();
  if (/^[a-z]:/i.test(clean)) return unsafe("names a drive");
  return problemOfPath(clean) ?? { path: clean };
}

function unsafe(what: string): NameProblem {
  return { problem: `the name ${what}; nothing was written`, code: "unsafe-path" };
}
