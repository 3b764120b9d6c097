/** A name that a spec takes, made of a file's. */
export function cleanName(text: string): string {
  const name = text
    .replace(/[^\p{L}\p{N} ._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 100);
  return name || "pictures";
}
