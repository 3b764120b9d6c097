import type { ByteSource } from "../byte-source.ts";
import { badTorchFile } from "./pickle-error.ts";

/** A stored (not compressed) file of a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  /** Where its local header starts; the data follows, at a distance that only that header tells. */
  readonly headerAt: number;
}

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const MAX_ENTRIES = 1_000_000;
const MAX_DIRECTORY_BYTES = 256 * 1024 * 1024;
const LOCAL_HEADER_BYTES = 30;
/** What 32-bit fields hold when the real value is in the 64-bit extension. */
const SEE_EXTENSION = 0xffffffff;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function looksLikeZip(first: Uint8Array): boolean {
  return first[0] === 0x50 && first[1] === 0x4b && first[2] === 0x03 && first[3] === 0x04;
}

/** Reads the archive's directory: its end and itself, no entry. Throws UserError `bad-torch-file`. */
export async function readZipEntries(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { offset, bytes, count } = await findDirectory(source);
  const room = offset + bytes <= source.size;
  if (!room || bytes > MAX_DIRECTORY_BYTES || count > MAX_ENTRIES || count * 46 > bytes) {
    throw badTorchFile("its zip directory does not fit the file");
  }
  const directory = await source.bytes(offset, offset + bytes);
  const view = viewOf(directory);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50)
      throw badTorchFile("its zip directory is damaged");
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const end = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (end > directory.length) throw badTorchFile("its zip directory is damaged");
    const name = Buffer.from(directory.subarray(at + 46, at + 46 + nameBytes)).toString("utf8");
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const entry = readEntry(name, directory.subarray(at, at + 46), extra);
    if (entry.headerAt + LOCAL_HEADER_BYTES + entry.bytes > offset)
      throw badTorchFile(`${name} reaches past the data of the zip`);
    if (entries.has(name)) throw badTorchFile(`the zip holds ${name} twice`);
    entries.set(name, entry);
    at = end;
  }
  return entries;
}

function readEntry(name: string, fields: Uint8Array, extra: Uint8Array): ZipEntry {
  const view = viewOf(fields);
  const method = view.getUint16(10, true);
  if (view.getUint16(8, true) & 1) throw badTorchFile(`${name} is encrypted`);
  const wide = extension(extra);
  // The extension holds only the fields that did not fit, in this order.
  const [bytes, stored, headerAt] = [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)].map(
    (value) => (value === SEE_EXTENSION ? wide() : value),
  );
  if (method !== 0 || bytes !== stored) throw badTorchFile(`${name} is compressed; torch stores its files as they are`);
  return { name, bytes: bytes ?? 0, headerAt: headerAt ?? 0 };
}

/** Answers the 64-bit fields of an entry one after the other. */
function extension(extra: Uint8Array): () => number {
  const view = viewOf(extra);
  let at = 0;
  let end = 0;
  while (at + 4 <= extra.length && end === 0) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) end = Math.min(at + 4 + length, extra.length);
    else at += length;
    at += 4;
  }
  return () => {
    if (at + 8 > end) throw badTorchFile("its zip directory is damaged");
    at += 8;
    return toSize(view.getBigUint64(at - 8, true));
  };
}

function toSize(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw badTorchFile("its zip directory is damaged");
  return Number(value);
}

async function findDirectory(source: ByteSource): Promise<{ offset: number; bytes: number; count: number }> {
  const from = Math.max(0, source.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = Buffer.from(await source.bytes(from, source.size));
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1 || end + END_BYTES > tail.length) throw badTorchFile("the end of its zip archive is missing");
  const small = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const isSmall = small.count !== 0xffff && small.bytes !== SEE_EXTENSION && small.offset !== SEE_EXTENSION;
  if (isSmall) return small;
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return small;
  const at = toSize(tail.readBigUInt64LE(locator + 8));
  if (at + 56 > source.size) throw badTorchFile("its zip directory is damaged");
  const record = Buffer.from(await source.bytes(at, at + 56));
  if (record.readUInt32LE(0) !== 0x06064b50) throw badTorchFile("its zip directory is damaged");
  const field = (offset: number) => toSize(record.readBigUInt64LE(offset));
  return { count: field(32), bytes: field(40), offset: field(48) };
}

/** Where the data of an entry starts in the file; reads its local header. Throws UserError `bad-torch-file`. */
export async function dataOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  const header = viewOf(await source.bytes(entry.headerAt, entry.headerAt + LOCAL_HEADER_BYTES));
  if (header.byteLength < LOCAL_HEADER_BYTES || header.getUint32(0, true) !== 0x04034b50) {
    throw badTorchFile(`${entry.name} does not start where the zip says`);
  }
  const start = entry.headerAt + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.bytes > source.size) throw badTorchFile(`${entry.name} reaches past the file`);
  return start;
}
