import { type ObjectStore, PermanentError } from "@loramill/contracts";

/** Random access to the bytes of a file, wherever it lies. */
export interface ByteSource {
  /** Bytes of the whole file. */
  readonly size: number;
  /** The bytes from `from` to `to` (exclusive), which lie within the file: exactly `to - from` of them. */
  bytes(from: number, to: number): Promise<Uint8Array>;
}

/** Bytes that one read of a streamed copy asks for. */
const COPY_BYTES = 4 * 1024 * 1024;

export function memorySource(file: Uint8Array): ByteSource {
  return { size: file.length, bytes: async (from, to) => file.subarray(from, to) };
}

/** An object of the store, read by ranges. Throws PermanentError `object-missing` when there is none. */
export async function objectSource(
  objects: Pick<ObjectStore, "get" | "head">,
  key: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ByteSource> {
  const info = await objects.head(key, options);
  if (info === null) throw new PermanentError(`there is no object ${key}`, { code: "object-missing" });
  return {
    size: info.bytes,
    bytes: async (from, to) => {
      if (to === from) return new Uint8Array();
      const { body } = await objects.get(key, { ...options, range: { start: from, end: to - 1 } });
      return gather(body, to - from);
    },
  };
}

/** The bytes from `from` to `to` in pieces of a few MiB, each read when it is asked for. */
export async function* copyRange(source: ByteSource, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += COPY_BYTES) yield await source.bytes(at, Math.min(to, at + COPY_BYTES));
}

async function gather(body: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of body) {
    // A store that ignores the range would send the whole object: stop instead of growing.
    if (filled + chunk.length > length) break;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes.subarray(0, filled);
}
