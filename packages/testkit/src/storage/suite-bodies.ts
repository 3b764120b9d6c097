import type { ObjectStore } from "@loramill/contracts";

/** So many bytes in chunks of odd sizes, each byte decided by its place and `seed`. */
export async function* filled(bytes: number, seed: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes; ) {
    const chunk = Buffer.alloc(Math.min(65_537, bytes - start));
    for (let index = 0; index < chunk.byteLength; index += 1) chunk[index] = (start + index * seed + seed) & 0xff;
    start += chunk.byteLength;
    yield chunk;
  }
}

export async function bytesOf(object: { readonly body: AsyncIterable<Uint8Array> }): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of object.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function textOf(object: { readonly body: AsyncIterable<Uint8Array> }): Promise<string> {
  return Buffer.from(await bytesOf(object)).toString("utf8");
}

export async function keysOf(objects: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix, after === undefined ? {} : { after })) keys.push(key);
  return keys;
}

/** "UserError wrong-digest" of what a promise fails with; "none" when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: string; message?: string };
    return `${name} ${code ?? message}`;
  }
}
