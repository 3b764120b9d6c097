import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/** An entry with its bytes stored as they are, or with a deflate stream given as is (for lies and bombs). */
export type ZipEntry =
  | { readonly name: string; readonly bytes: Uint8Array; readonly mode?: number }
  | {
      readonly name: string;
      readonly raw: { deflated: Uint8Array; bytes: number; crc32: number };
      readonly mode?: number;
    };

/** Writes a zip with exactly these names, whatever they are: an honest tool would refuse to. */
export function writeZip(path: string, entries: readonly ZipEntry[]): void {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const isRaw = "raw" in entry;
    const body = Buffer.from(isRaw ? entry.raw.deflated : entry.bytes);
    const size = isRaw ? entry.raw.bytes : body.length;
    const crc = isRaw ? entry.raw.crc32 : crc32(body);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(isRaw ? 8 : 0, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, body]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03", "latin1"), common, central, name]));
    files.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(offset, 12);
  writeFileSync(path, Buffer.concat([...files, list, Buffer.from("PK\x05\x06", "latin1"), end]));
}
