import type { Body } from "@loramill/contracts";

/** Cuts a body into parts of exactly `partBytes`; the last may be shorter, and an empty body is one empty part. */
export async function* partsOf(body: Body, partBytes: number): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    for (let start = 0; start === 0 || start < body.byteLength; start += partBytes) {
      yield body.subarray(start, start + partBytes);
    }
    return;
  }
  let part = new PartBuffer();
  let any = false;
  for await (const chunk of body) {
    for (let start = 0; start < chunk.byteLength; ) {
      const piece = chunk.subarray(start, start + partBytes - part.bytes);
      part.add(piece);
      start += piece.byteLength;
      if (part.bytes === partBytes) {
        any = true;
        yield part.join();
        part = new PartBuffer();
      }
    }
  }
  if (part.bytes > 0 || !any) yield part.join();
}

/** Keeps pieces as they come and copies them once. */
class PartBuffer {
  bytes = 0;
  readonly #pieces: Uint8Array[] = [];

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.bytes += piece.byteLength;
  }

  join(): Uint8Array {
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.bytes);
  }
}
