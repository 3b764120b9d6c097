import { badBundle } from "./bad-bundle.ts";

/** Bytes of a stream, by count. Throws UserError `bad-bundle` where the stream ends too early. */
export interface ByteReader {
  /** Exactly so many, together in memory. */
  take(count: number, where: string): Promise<Buffer>;
  /** One at least and `most` at most, as they come. */
  some(most: number, where: string): Promise<Uint8Array>;
  isAtEnd(): Promise<boolean>;
}

export function readBytes(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array();

  async function fill(): Promise<boolean> {
    while (held.byteLength === 0) {
      const next = await chunks.next();
      if (next.done === true) return false;
      held = next.value;
    }
    return true;
  }

  async function some(most: number, where: string): Promise<Uint8Array> {
    if (!(await fill())) throw badBundle(`it was cut off in ${where}`);
    const taken = held.subarray(0, most);
    held = held.subarray(taken.byteLength);
    return taken;
  }

  return {
    some,
    async take(count, where) {
      const parts: Uint8Array[] = [];
      for (let left = count; left > 0; left -= parts.at(-1)?.byteLength ?? 0) parts.push(await some(left, where));
      return Buffer.concat(parts, count);
    },
    isAtEnd: async () => !(await fill()),
  };
}
