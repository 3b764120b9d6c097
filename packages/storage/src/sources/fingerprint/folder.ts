import { createHash } from "node:crypto";
import { UserError } from "@loramill/contracts";
import { type FoundFile, walkFolder } from "../folder.ts";
import { mapInOrder } from "../map-in-order.ts";
import type { RefusedFile } from "../source-entry.ts";
import type { SourceOptions } from "../source-options.ts";
import { hashFile } from "./hash-file.ts";
import type { Part } from "./part.ts";

export async function fingerprintFolder(path: string, options: SourceOptions): Promise<Part> {
  const { limits, signal } = options;
  const found: (FoundFile | RefusedFile)[] = [];
  let bytes = 0;
  let items = 0;
  for await (const entry of walkFolder(path, signal)) {
    found.push(entry);
    if (entry.kind === "found") {
      bytes += entry.bytes;
      items += 1;
    }
    // What lies behind the limit is not read either.
    if (items > limits.maxFiles) break;
  }
  const mode = bytes <= limits.fingerprintContentMaxBytes ? "content" : "stat";
  const hash = createHash("sha256");
  const line = (entry: FoundFile | RefusedFile) => lineOf(entry, mode, options);
  for await (const text of mapInOrder(found, limits.fingerprintConcurrency, line)) hash.update(text);
  return { identity: { type: "folder", mode, files: hash.digest("hex") }, items, bytes, mode };
}

async function lineOf(
  entry: FoundFile | RefusedFile,
  mode: "content" | "stat",
  options: SourceOptions,
): Promise<string> {
  if (entry.kind === "refused") return `${JSON.stringify([entry.path, entry.code])}\n`;
  if (mode === "stat") return `${JSON.stringify([entry.path, entry.bytes, entry.modifiedMs])}\n`;
  return `${JSON.stringify([entry.path, await hashOrReason(entry, options)])}\n`;
}

/** A file that cannot be read is part of the fingerprint with its reason: mended, the source is another one. */
async function hashOrReason(entry: FoundFile, { limits, signal }: SourceOptions): Promise<string> {
  // Refused later by its size, so its content decides nothing.
  if (entry.bytes > limits.maxFileBytes) return "file-too-large";
  try {
    return await hashFile(entry.real, entry.path, limits.maxFileBytes, signal);
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
}
