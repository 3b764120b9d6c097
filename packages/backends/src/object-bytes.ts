import { type ObjectStore, PermanentError } from "@loramill/contracts";

/** A whole object of at most `maxBytes`, or null where there is none. PermanentError `object-too-large`. */
export async function readObject(
  objects: ObjectStore,
  key: string,
  options: { readonly maxBytes: number; readonly signal?: AbortSignal },
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const { body } = await objects.get(key, options.signal === undefined ? {} : { signal: options.signal });
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        throw new PermanentError(`${key} is larger than ${options.maxBytes} bytes`, { code: "object-too-large" });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof PermanentError && error.code === "object-missing") return null;
    throw error;
  }
  return Buffer.concat(chunks);
}
