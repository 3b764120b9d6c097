/** Files as other tools write them, by the grammar of each format and not by our own writers. */
import { crc32, deflateSync } from "node:zlib";

const IHDR = Buffer.from("00000001000000010802000000", "hex");

export function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, sum]);
}

/** A PNG file of one pixel; `behind` puts the texts behind the pixels. */
export function png(texts: readonly Buffer[], behind = false): Buffer {
  const pixels = chunk("IDAT", deflateSync(Buffer.alloc(4)));
  const middle = behind ? [pixels, ...texts] : [...texts, pixels];
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", IHDR),
    ...middle,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
export const tEXt = (keyword: string, text: string) => chunk("tEXt", Buffer.from(`${keyword}\0${text}`, "latin1"));
export const iTXt = (keyword: string, text: string) =>
  chunk("iTXt", Buffer.from(`${keyword}\0\0\0\0\0${text}`, "utf8"));
export const zTXt = (keyword: string, text: string) =>
  chunk("zTXt", Buffer.concat([Buffer.from(`${keyword}\0\0`, "latin1"), deflateSync(Buffer.from(text, "latin1"))]));

/** A TIFF block with one tag in the directory of EXIF, in either byte order. */
export function exif(tag: number, type: number, data: Buffer, little: boolean, inFirst = false): Buffer {
  const u16 = (value: number) => (little ? Buffer.of(value & 255, value >> 8) : Buffer.of(value >> 8, value & 255));
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const head = Buffer.concat([Buffer.from(little ? "II" : "MM"), u16(42), u32(8)]);
  const directory = (row: Buffer) => Buffer.concat([u16(1), row, u32(0)]);
  const row = (at: number) => Buffer.concat([u16(tag), u16(type), u32(data.length), u32(at)]);
  if (inFirst) return Buffer.concat([head, directory(row(26)), data]);
  const pointer = Buffer.concat([u16(0x8769), u16(4), u32(1), u32(26)]);
  return Buffer.concat([head, directory(pointer), directory(row(44)), data]);
}

/** A JPEG file of segments alone, which is all that is looked at. */
export function jpeg(tiff: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  return Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe1), length, data, Buffer.of(0xff, 0xda, 0, 2, 0xff, 0xd9)]);
}

export function webp(tiff: Buffer): Buffer {
  const riff = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, "latin1");
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from("WEBP"),
    riff("VP8X", Buffer.from("08000000000000000000", "hex")),
    riff("EXIF", tiff),
  ]);
  const head = Buffer.alloc(8);
  head.write("RIFF", "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

export const utf16 = (text: string, little: boolean) =>
  little ? Buffer.from(text, "utf16le") : Buffer.from(text, "utf16le").swap16();
