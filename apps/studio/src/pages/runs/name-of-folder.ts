/** A name that a spec takes, made of a folder's; empty for none. */
export function nameOfFolder(path: string): string {
  const last = path.split(/[/\\]/).filter(Boolean).at(-1) ?? "";
  return last
    .replace(/[^\p{L}\p{N} ._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .slice(0, 100);
}
