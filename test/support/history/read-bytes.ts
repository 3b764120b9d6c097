import { type Digest, type ObjectStore, sha256Hex } from "@loramill/contracts";

/** The whole object; what is missing or cannot be read is an error. Not through the product's own reader, which is to be checked. */
export async function readBytes(objects: ObjectStore, key: string): Promise<Uint8Array> {
  const { body } = await objects.get(key);
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

/** What is wrong with the bytes under a key; null where they are those that the digest names. */
export async function problemOf(objects: ObjectStore, key: string, sha256: Digest): Promise<string | null> {
  try {
    return sha256Hex(await readBytes(objects, key)) === sha256 ? null : "other bytes";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
