import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Digest } from "@loramill/contracts";

/** SHA-256 of a file of any size, read as a stream. */
export async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
