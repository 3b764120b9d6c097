import { UserError } from "@loramill/contracts";
import { type Blocks, tiffOf, xmpOf } from "./blocks.ts";

const MAX_CHUNKS = 100_000;
/** Bits of the first byte of `VP8X`. */
const HAS = { alpha: 0x10, exif: 0x08, xmp: 0x04 } as const;
/** What holds the picture: the rest is words, or of nobody knows whom. */
const PICTURE = new Set(["VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"]);

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With its head and, of odd lengths, the byte that fills it up. */
  readonly whole: Buffer;
}

export function readWebpBlocks(bytes: Uint8Array): Blocks {
  const chunks = [...readChunks(bytes)];
  const find = (type: string) => chunks.find((chunk) => chunk.type === type)?.data ?? null;
  return { texts: [], exif: tiffOf(find("EXIF")), xmp: xmpOf(find("XMP ")) };
}

/** EXIF and XMP as chunks behind the picture; a simple file becomes an extended one, with the same picture in it. */
export function writeWebpBlocks(bytes: Uint8Array, { exif, xmp }: Omit<Blocks, "texts">): Uint8Array {
  const chunks = [...readChunks(bytes)];
  const head = extendedHead(chunks);
  head[0] = ((head[0] ?? 0) & ~(HAS.exif | HAS.xmp)) | (exif ? HAS.exif : 0) | (xmp ? HAS.xmp : 0);
  const body = [
    makeChunk("VP8X", head),
    ...chunks.filter(({ type }) => PICTURE.has(type)).map(({ whole }) => whole),
    ...(exif === null ? [] : [makeChunk("EXIF", exif)]),
    ...(xmp === null ? [] : [makeChunk("XMP ", Buffer.from(xmp, "utf8"))]),
  ];
  const length = body.reduce((sum, part) => sum + part.length, 4);
  const riff = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  riff.writeUInt32LE(length, 4);
  return Buffer.concat([riff, ...body]);
}

/** The ten bytes of `VP8X`: flags, and width and height less one in 24 bits each. */
function extendedHead(chunks: readonly Chunk[]): Buffer {
  const [first] = chunks;
  if (first?.type === "VP8X" && first.data.length >= 10) return Buffer.from(first.data.subarray(0, 10));
  const head = Buffer.alloc(10);
  // Lossless: a signature, 14 bits each, and a bit that says that alpha is used.
  if (first?.type === "VP8L" && first.data.length >= 5 && first.data[0] === 0x2f) {
    const bits = first.data.readUInt32LE(1);
    if (bits & (1 << 28)) head[0] = HAS.alpha;
    head.writeUIntLE(bits & 0x3fff, 4, 3);
    head.writeUIntLE((bits >> 14) & 0x3fff, 7, 3);
    return head;
  }
  // Lossy: a key frame's head, with its size in 14 bits each behind the start code.
  if (first?.type === "VP8 " && first.data.length >= 10 && first.data.readUIntBE(3, 3) === 0x9d012a) {
    head.writeUIntLE((first.data.readUInt16LE(6) & 0x3fff) - 1, 4, 3);
    head.writeUIntLE((first.data.readUInt16LE(8) & 0x3fff) - 1, 7, 3);
    return head;
  }
  throw new UserError("the WebP file has no pixels", { code: "corrupt-image" });
}

/** UserError `corrupt-image`. */
function* readChunks(webp: Uint8Array): Generator<Chunk> {
  const bytes = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength);
  if (!/^RIFF[\s\S]{4}WEBP$/.test(bytes.toString("latin1", 0, 12))) {
    throw new UserError("not a WebP file", { code: "corrupt-image" });
  }
  const length = Math.min(bytes.length, bytes.readUInt32LE(4) + 8);
  let start = 12;
  for (let count = 0; start + 8 <= length && count < MAX_CHUNKS; count++) {
    const size = bytes.readUInt32LE(start + 4);
    const end = start + 8 + size;
    if (end > length) throw new UserError("a WebP chunk reaches beyond the file", { code: "corrupt-image" });
    const type = bytes.toString("latin1", start, start + 4);
    const next = end + (size % 2);
    // A last chunk of odd length may lack the byte that fills it up.
    const whole =
      next > length ? Buffer.concat([bytes.subarray(start, end), Buffer.of(0)]) : bytes.subarray(start, next);
    yield { type, data: bytes.subarray(start + 8, end), whole };
    start = next;
  }
}

function makeChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(8 + data.length + (data.length % 2));
  chunk.write(type, 0, "latin1");
  chunk.writeUInt32LE(data.length, 4);
  chunk.set(data, 8);
  return chunk;
}
