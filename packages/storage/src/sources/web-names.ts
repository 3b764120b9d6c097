import { sha256Hex } from "@loramill/contracts";
import { type RefusedFile, refuse } from "./source-entry.ts";
import { cleanName, problemOfPath } from "./source-names.ts";
import type { WebFile } from "./web-list.ts";

/** Gives the files of one source their paths: equal lists give equal paths. */
export function createWebNames(): (file: WebFile) => { readonly path: string } | RefusedFile {
  const urls = new Set<string>();
  const paths = new Set<string>();
  return (file) => {
    // Digests, because a list may be a million URLs of two thousand characters.
    const id = sha256Hex(file.url).slice(0, 32);
    const shown = file.path ?? nameOfUrl(file.url);
    if (urls.has(id)) return refuse(shown, "duplicate-url", "the list names this URL before");
    urls.add(id);
    const clean = cleanName(shown);
    if ("problem" in clean) return refuse(shown, clean.code, clean.problem);
    const path = paths.has(clean.path) ? withSuffix(clean.path, id.slice(0, 8)) : clean.path;
    const problem = problemOfPath(path);
    if (problem !== null) return refuse(path, problem.code, problem.problem);
    paths.add(path);
    return { path };
  };
}

/** `host/folder/file.jpg`, without the query, which may hold a signature. */
export function nameOfUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.host === "") return url.replace(/[?#].*$/s, "").slice(0, 200);
  const segments = parsed.pathname.split("/").filter((segment) => segment !== "");
  const names = (segments.length === 0 ? ["index"] : segments).map(decodeSegment);
  return [parsed.host.replaceAll(":", "_"), ...names].join("/");
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function withSuffix(path: string, suffix: string): string {
  const [, stem = path, ending = ""] = /^(.*?)(\.[^./]{1,8})?$/s.exec(path) ?? [];
  return `${stem}-${suffix}${ending}`;
}
