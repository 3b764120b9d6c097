import { UserError } from "@loramill/contracts";

/** A box of an ISO media file (ISO/IEC 14496-12), of which AVIF is one. */
export interface Box {
  readonly type: string;
  /** Where it begins, where its content does, and where it ends, in bytes of what it was read from. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

const MAX_BOXES = 10_000;

/** The boxes from `start` to `end`; the last may reach to the end without a size. UserError `corrupt-image`. */
export function readBoxes(bytes: Buffer, start = 0, end = bytes.length): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end && boxes.length < MAX_BOXES; ) {
    const size = bytes.readUInt32BE(at);
    const isLarge = size === 1 && at + 16 <= end;
    const length = isLarge ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? end - at : size;
    const head = isLarge ? 16 : 8;
    if (length < head || at + length > end) {
      throw new UserError("a box of the file reaches beyond its end", { code: "corrupt-image" });
    }
    boxes.push({ type: bytes.toString("latin1", at + 4, at + 8), start: at, content: at + head, end: at + length });
    at += length;
  }
  return boxes;
}

export function makeBox(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 8));
  head.write(type, 4, "latin1");
  return Buffer.concat([head, ...parts]);
}

/** A number of 0, 1, 2, 4 or 8 bytes after another. UserError `corrupt-image` where the bytes end. */
export function createCursor(bytes: Buffer, start: number, end: number): (size: number) => number {
  let at = start;
  return (size) => {
    if (at + size > end) throw new UserError("a list of the file is cut short", { code: "corrupt-image" });
    at += size;
    if (size === 0) return 0;
    return size === 8 ? Number(bytes.readBigUInt64BE(at - 8)) : bytes.readUIntBE(at - size, size);
  };
}

/** Numbers of the given sizes, in bytes. UserError `unsupported-format` for one that does not fit. */
export function packNumbers(...fields: readonly (readonly [value: number, size: number])[]): Buffer {
  const packed = Buffer.alloc(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) {
    if (value >= 2 ** (8 * size)) {
      throw new UserError("the file is too large to be written to", { code: "unsupported-format" });
    }
    at = packed.writeUIntBE(value, at, size);
  }
  return packed;
}
