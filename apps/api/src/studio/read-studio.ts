import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { UserError } from "@loramill/contracts";

/** A file of the built Studio, in memory. */
export interface StudioFile {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly etag: string;
  /** Its name holds a digest of its content, so it may be cached for ever. */
  readonly immutable: boolean;
}

/** By path below `/`, such as `assets/index-1a2b3c4d.js`. */
export type StudioFiles = ReadonlyMap<string, StudioFile>;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};
const MAX_FILES = 1_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a built Studio whole: it is small, and what is served from memory cannot lead out of its folder. Files of other
 * types than pages have are left out. Throws UserError `no-studio` where the folder holds none.
 */
export async function readStudio(dir: string): Promise<StudioFiles> {
  const refuse = (why: string, cause?: unknown) => new UserError(`${dir} ${why}`, { code: "no-studio", cause });
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw refuse("cannot be read: API_STUDIO_DIR names the folder of a built Studio, or is `off`", error);
  });
  const files = new Map<string, StudioFile>();
  let bytesLeft = MAX_BYTES;
  for (const entry of entries) {
    const mediaType = MEDIA_TYPES[extname(entry.name)];
    if (!entry.isFile() || mediaType === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    bytesLeft -= bytes.length;
    const name = relative(dir, path).replaceAll(sep, "/");
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    files.set(name, { bytes, mediaType, etag, immutable: name.startsWith("assets/") });
    if (files.size > MAX_FILES || bytesLeft < 0) throw refuse("is too large to be a built Studio");
  }
  if (!files.has("index.html")) throw refuse("has no index.html: build the Studio with `node apps/studio/build.ts`");
  return files;
}
