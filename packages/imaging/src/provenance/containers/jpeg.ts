import { UserError } from "@loramill/contracts";
import { type Blocks, tiffOf, xmpOf } from "./blocks.ts";

const EXIF = Buffer.from("Exif\0\0", "latin1");
const XMP = Buffer.from("http://ns.adobe.com/xap/1.0/\0", "latin1");
/** What a segment holds behind its length field, in bytes. */
const MAX_SEGMENT = 0xffff - 2;
const MAX_SEGMENTS = 10_000;

/** Longest blocks that fit into one segment, in bytes. */
export const jpegLimits = { exif: MAX_SEGMENT - EXIF.length, xmp: MAX_SEGMENT - XMP.length } as const;

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP15 = 0xef;
const COMMENT = 0xfe;
const START_OF_SCAN = 0xda;
const APP2 = 0xe2;
const APP14 = 0xee;
const PROFILE = Buffer.from("ICC_PROFILE\0", "latin1");

interface Segment {
  readonly marker: number;
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

export function readJpegBlocks(bytes: Uint8Array): Blocks {
  let exif: Buffer | null = null;
  let xmp: string | null = null;
  for (const { marker, data } of readSegments(bytes)) {
    if (marker !== APP1) continue;
    if (startsWith(data, EXIF)) exif ??= tiffOf(data);
    else if (startsWith(data, XMP)) xmp ??= xmpOf(data.subarray(XMP.length));
  }
  return { texts: [], exif, xmp };
}

/** EXIF and XMP as APP1 segments, behind JFIF's header where there is one. */
export function writeJpegBlocks(bytes: Uint8Array, { exif, xmp }: Omit<Blocks, "texts">): Uint8Array {
  const added: Buffer[] = [];
  if (exif !== null) added.push(makeSegment(EXIF, exif));
  if (xmp !== null) added.push(makeSegment(XMP, Buffer.from(xmp, "utf8")));
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let at = 2;
  let written = false;
  for (const { marker, data, start, end } of readSegments(bytes)) {
    if (!written && marker !== APP0) {
      parts.push(...added);
      written = true;
    }
    if (isNeeded(marker, data)) parts.push(bytes.subarray(start, end));
    at = end;
  }
  if (!written) throw new UserError("the JPEG file has no pixels", { code: "corrupt-image" });
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

/** The segments before the pixels, the one that begins them included. UserError `corrupt-image`. */
function* readSegments(jpeg: Uint8Array): Generator<Segment> {
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new UserError("not a JPEG file", { code: "corrupt-image" });
  let start = 2;
  for (let count = 0; start + 4 <= bytes.length && count < MAX_SEGMENTS; count++) {
    // Any number of filling bytes may stand before a marker.
    let at = start;
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || at + 4 > bytes.length) {
      throw new UserError("the JPEG file is damaged between its segments", { code: "corrupt-image" });
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw new UserError("a JPEG segment reaches beyond the file", { code: "corrupt-image" });
    yield { marker, data: bytes.subarray(at + 4, end), start, end };
    if (marker === START_OF_SCAN) return;
    start = end;
  }
}

/** What decoders look at: tables, JFIF's header, the colour profile, how Adobe's colours are stored. */
function isNeeded(marker: number, data: Buffer): boolean {
  if (marker === APP0 || marker === APP14) return true;
  if (marker === APP2) return startsWith(data, PROFILE);
  return marker !== COMMENT && (marker < APP0 || marker > APP15);
}

function makeSegment(prefix: Buffer, data: Buffer): Buffer {
  const length = prefix.length + data.length;
  if (length > MAX_SEGMENT) throw new UserError("the text is too long for a JPEG file", { code: "text-too-long" });
  const head = Buffer.from([0xff, APP1, 0, 0]);
  head.writeUInt16BE(length + 2, 2);
  return Buffer.concat([head, prefix, data]);
}

const startsWith = (data: Buffer, prefix: Buffer): boolean => data.subarray(0, prefix.length).equals(prefix);
