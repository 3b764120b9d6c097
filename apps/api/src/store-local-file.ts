import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type BlobRef, type BlobStore, type Digest, UserError } from "@loramill/contracts";

/** Puts a file of this machine into the store, read twice rather than kept twice. UserError `model-file-missing` or `wrong-digest`; nothing is kept then. */
export async function storeLocalFile(
  path: string,
  options: { readonly blobs: BlobStore; readonly sha256: Digest | null; readonly signal: AbortSignal },
): Promise<BlobRef> {
  const { blobs, sha256, signal } = options;
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new UserError(`${path}: there is no such file on the machine of the API`, { code: "model-file-missing" });
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  const digest = hash.digest("hex");
  if (sha256 !== null && digest !== sha256) {
    throw new UserError(`${path}: its SHA-256 is ${digest}, not ${sha256}`, {
      code: "wrong-digest",
      details: { expected: sha256, found: digest },
    });
  }
  const facts = { mediaType: "application/octet-stream", bytes: found.size, sha256: digest };
  return blobs.put(read(path), { ...facts, signal });
}

/** Opened when the first of it is asked for: a blob that is there already is not. */
async function* read(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}
