import { UserError } from "@loramill/contracts";

/** A tree with more index pages than this is none that somebody wants whole. */
const MAX_PAGES = 10_000;
const LINK = /<a\s[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** Fetches one index page as text. */
export type ReadPage = (url: string) => Promise<string>;

/**
 * The files below an address that ends with a slash, by the index pages that web servers make of their folders (Apache,
 * nginx, Caddy, Python's http.server): links within the prefix are files, those that end with a slash are pages of their own.
 * In the order of their URLs, so that the same folder gives the same list. UserError `no-files` for a page without any,
 * `too-many-files` for more than `maxFiles`.
 */
export async function listWebPrefix(prefix: string, readPage: ReadPage, maxFiles: number): Promise<string[]> {
  const files = new Set<string>();
  const pages = new Set([prefix]);
  for (const page of pages) {
    for (const url of linksOf(await readPage(page), page)) {
      if (!url.startsWith(prefix)) continue;
      (url.endsWith("/") ? pages : files).add(url);
    }
    if (files.size > maxFiles || pages.size > MAX_PAGES) {
      throw new UserError(`${prefix} lists more than ${maxFiles} files (SOURCE_MAX_FILES): name a folder below it`, {
        code: "too-many-files",
      });
    }
  }
  if (files.size === 0) {
    throw new UserError(`${prefix} lists no files: it must be an index page with a link to each file below it`, {
      code: "no-files",
    });
  }
  return [...files].sort();
}

/** Links by which a page can be sorted lead to itself with a query, those to a part of it have a fragment: neither is a file. */
function linksOf(html: string, page: string): string[] {
  return [...html.matchAll(LINK)].flatMap(([, double, single, bare]) => {
    const url = URL.parse((double ?? single ?? bare ?? "").replaceAll("&amp;", "&"), page);
    return url === null || url.search !== "" || url.hash !== "" ? [] : [url.href];
  });
}
