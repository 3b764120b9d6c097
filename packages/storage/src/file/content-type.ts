import { open, readFile, rm } from "node:fs/promises";
import { errorCode } from "./errors.ts";

const BY_EXTENSION: Readonly<Record<string, string>> = {
  json: "application/json",
  log: "text/plain",
  safetensors: "application/octet-stream",
};

/** How many bytes at the beginning `guessContentType` looks at. */
export const SNIFFED_BYTES = 12;

/**
 * The content type that a key and its first bytes suggest. Only objects of another type cost a file beside them, so
 * that pictures and documents, which are nearly all of a store, lie there alone.
 */
export function guessContentType(key: string, head: Uint8Array): string | undefined {
  const extension = /\.([a-z0-9]+)$/.exec(key)?.[1];
  const byName = extension === undefined ? undefined : BY_EXTENSION[extension];
  if (byName !== undefined) return byName;
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFFED_BYTES)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("GIF8")) return "image/gif";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  if (text.slice(4, 12) === "ftypavif") return "image/avif";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "image/tiff";
  return undefined;
}

/** The same for an object that lies in a file; reads its beginning only when the key does not tell. */
export async function guessType(path: string, key: string): Promise<string | undefined> {
  const byName = guessContentType(key, new Uint8Array(0));
  if (byName !== undefined) return byName;
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    return guessContentType(key, buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The type written beside an object, if there is one. */
export async function readStoredType(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

export async function removeStoredType(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    if (!["ENOTDIR", "EISDIR", "ERR_FS_EISDIR"].includes(errorCode(error) ?? "")) throw error;
  }
}
