import { crc32 } from "node:zlib";
import { UserError } from "@loramill/contracts";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_CHUNKS = 100_000;

export interface PngChunk {
  /** Four letters, such as `IHDR`. */
  readonly type: string;
  readonly data: Buffer;
  /** Where the chunk begins (its length field) and where the next one does. */
  readonly start: number;
  readonly end: number;
}

/**
 * The chunks of a PNG file up to its end or to what is missing of it; checksums are not verified. UserError
 * `corrupt-image` when the bytes are no PNG or a chunk reaches beyond them.
 */
export function* readPngChunks(png: Uint8Array): Generator<PngChunk> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new UserError("not a PNG file", { code: "corrupt-image" });
  let start = SIGNATURE.length;
  for (let count = 0; start + 12 <= bytes.length && count < MAX_CHUNKS; count++) {
    const length = bytes.readUInt32BE(start);
    const end = start + 12 + length;
    if (end > bytes.length) throw new UserError("a PNG chunk reaches beyond the file", { code: "corrupt-image" });
    const type = bytes.toString("latin1", start + 4, start + 8);
    yield { type, data: bytes.subarray(start + 8, start + 8 + length), start, end };
    if (type === "IEND") return;
    start = end;
  }
}

/** A chunk with its length and checksum. */
export function makePngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
