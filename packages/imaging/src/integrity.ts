import type { ImageFormat } from "./format.ts";

/**
 * Whether a file that does not decode was cut short, as far as its structure shows: it tells a broken download from
 * other damage. TIFF does not show it.
 */
export function isTruncated(format: ImageFormat, bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "jpeg":
      return buffer.lastIndexOf("\xff\xd9", undefined, "latin1") < 0;
    case "png":
      return !endsWithPngEnd(buffer);
    case "webp":
      return buffer.length < 12 || buffer.length < buffer.readUInt32LE(4) + 8;
    case "gif":
      return buffer.lastIndexOf(0x3b) < buffer.length - 16;
    case "avif":
      return isoBoxesPassEnd(buffer);
    case "tiff":
      return false;
  }
}

function endsWithPngEnd(buffer: Buffer): boolean {
  for (let at = 8; at + 12 <= buffer.length; ) {
    if (buffer.toString("latin1", at + 4, at + 8) === "IEND") return true;
    at += buffer.readUInt32BE(at) + 12;
  }
  return false;
}

function isoBoxesPassEnd(buffer: Buffer): boolean {
  let at = 0;
  for (let boxes = 0; at < buffer.length && boxes < 1000; boxes++) {
    if (at + 8 > buffer.length) return true;
    const size = buffer.readUInt32BE(at);
    if (size < 8) return false;
    at += size;
  }
  return at > buffer.length;
}
