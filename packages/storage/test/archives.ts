import { crc32, deflateRawSync } from "node:zlib";
import { pack } from "tar-stream";

export interface ZipEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** File type and mode as Unix writes them, such as 0o120777 for a link. */
  readonly mode?: number;
  readonly encrypted?: boolean;
  readonly method?: number;
  /** What the directory says instead of the truth. */
  readonly lie?: { readonly bytes?: number; readonly crc32?: number };
}

/** A zip as an honest or dishonest packer writes it. */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(content) : content;
    const name = Buffer.from(entry.name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800 | (entry.encrypted ? 1 : 0), 2);
    facts.writeUInt16LE(method, 4);
    facts.writeUInt32LE(entry.lie?.crc32 ?? crc32(content), 10);
    facts.writeUInt32LE(packed.byteLength, 14);
    facts.writeUInt32LE(entry.lie?.bytes ?? content.byteLength, 18);
    facts.writeUInt16LE(name.byteLength, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    const body = Buffer.concat([Buffer.from("PK\x03\x04"), facts, name, packed]);
    bodies.push(body);
    // Made by Unix, so that the file type counts.
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 3]), facts, tail, name]));
    offset += body.byteLength;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.byteLength, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, listed, end]);
}

export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly type?: "file" | "link" | "symlink" | "block-device" | "fifo" | "directory";
  readonly linkname?: string;
}

export async function makeTar(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = "", type = "file", linkname } of entries) {
    const header = { name, type, ...(linkname === undefined ? {} : { linkname }) };
    if (type === "file") tar.entry(header, Buffer.from(content));
    else tar.entry(header);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
