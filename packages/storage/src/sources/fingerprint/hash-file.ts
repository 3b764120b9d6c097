import { createHash } from "node:crypto";
import type { Digest } from "@loramill/contracts";
import { readLocalFile } from "../local-file.ts";

/** SHA-256 of a file's bytes; `name` is what errors call it. */
export async function hashFile(
  path: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of readLocalFile(path, name, { maxBytes, signal })) hash.update(chunk);
  return hash.digest("hex");
}
