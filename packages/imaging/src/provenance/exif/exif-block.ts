import { readUserComment, writeUserComment } from "./user-comment.ts";

/** What generators write into EXIF. */
export interface ExifTexts {
  readonly make: string | null;
  readonly model: string | null;
  readonly software: string | null;
  readonly userComment: string | null;
  /** Fooocus's name of its grammar. */
  readonly makerNote: string | null;
  /** How the picture is turned, 1 to 8. */
  readonly orientation: number | null;
}

const TAGS = {
  make: 0x010f,
  model: 0x0110,
  orientation: 0x0112,
  software: 0x0131,
  directory: 0x8769,
  version: 0x9000,
  makerNote: 0x927c,
  userComment: 0x9286,
} as const;
const SHORT = 3;
const LONG = 4;
/** Types with the bytes of one value; those without are not looked at. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, [SHORT]: 2, [LONG]: 4, 7: 1, 129: 1 };
const MAX_ENTRIES = 1024;

type Entry = readonly [tag: number, type: number, data: Buffer];

/** An EXIF block, high bytes first, as piexif writes it. `make` and `model` are text of ASCII. */
export function writeExif(texts: Partial<ExifTexts>): Buffer {
  const { make, model, software, userComment, orientation } = texts;
  const inner: Entry[] = [[TAGS.version, 7, Buffer.from("0232")]];
  if (userComment != null) inner.push([TAGS.userComment, 7, writeUserComment(userComment)]);
  const ascii = (tag: number, text: string | null | undefined): Entry[] =>
    text == null ? [] : [[tag, 2, Buffer.from(`${text}\0`, "utf8")]];
  const turned: Entry[] = orientation == null ? [] : [[TAGS.orientation, SHORT, Buffer.of(0, orientation)]];
  const outerWith = (at: number): Entry[] => {
    const pointer = Buffer.alloc(4);
    pointer.writeUInt32BE(at);
    return [
      ...ascii(TAGS.make, make),
      ...ascii(TAGS.model, model),
      ...turned,
      ...ascii(TAGS.software, software),
      [TAGS.directory, LONG, pointer],
    ];
  };
  const head = Buffer.from("MM\0*\0\0\0\x08", "latin1");
  const second = head.length + makeDirectory(outerWith(0), head.length).length;
  return Buffer.concat([head, makeDirectory(outerWith(second), head.length), makeDirectory(inner, second)]);
}

/** Reads both byte orders. What lies outside the block counts as absent; never throws. */
export function readExif(tiff: Buffer): ExifTexts {
  const isLittle = tiff.toString("latin1", 0, 2) === "II";
  const outer = readDirectory(tiff, number(tiff, 4, 4, isLittle), isLittle);
  const pointer = outer.get(TAGS.directory);
  const inner = pointer?.length === 4 ? readDirectory(tiff, number(pointer, 0, 4, isLittle), isLittle) : new Map();
  const text = (data: Buffer | undefined) => data?.toString("utf8").split("\0", 1)[0] ?? null;
  const comment: Buffer | undefined = inner.get(TAGS.userComment) ?? outer.get(TAGS.userComment);
  const turned = outer.get(TAGS.orientation);
  return {
    make: text(outer.get(TAGS.make)),
    model: text(outer.get(TAGS.model)),
    software: text(outer.get(TAGS.software)),
    userComment: comment === undefined ? null : readUserComment(comment),
    makerNote: text(inner.get(TAGS.makerNote) ?? outer.get(TAGS.makerNote)),
    orientation: turned?.length === 2 ? number(turned, 0, 2, isLittle) : null,
  };
}

/** A directory at `at` with its values behind it; no other directory follows. */
function makeDirectory(entries: readonly Entry[], at: number): Buffer {
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  table.writeUInt16BE(entries.length, 0);
  const values: Buffer[] = [];
  let free = at + table.length;
  for (const [index, [tag, type, data]] of entries.entries()) {
    const row = 2 + index * 12;
    table.writeUInt16BE(tag, row);
    table.writeUInt16BE(type, row + 2);
    table.writeUInt32BE(data.length / (SIZES[type] ?? 1), row + 4);
    if (data.length <= 4) {
      data.copy(table, row + 8);
      continue;
    }
    table.writeUInt32BE(free, row + 8);
    // Values begin at even places.
    const padded = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.of(0)]);
    values.push(padded);
    free += padded.length;
  }
  return Buffer.concat([table, ...values]);
}

function readDirectory(tiff: Buffer, at: number, isLittle: boolean): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  const count = Math.min(MAX_ENTRIES, number(tiff, at, 2, isLittle));
  for (let index = 0, row = at + 2; index < count && row + 12 <= tiff.length; index++, row += 12) {
    const size = (SIZES[number(tiff, row + 2, 2, isLittle)] ?? 0) * number(tiff, row + 4, 4, isLittle);
    const from = size <= 4 ? row + 8 : number(tiff, row + 8, 4, isLittle);
    if (size > 0 && from + size <= tiff.length) {
      found.set(number(tiff, row, 2, isLittle), tiff.subarray(from, from + size));
    }
  }
  return found;
}

/** 0 where the bytes end before. */
function number(bytes: Buffer, at: number, size: 2 | 4, isLittle: boolean): number {
  if (at + size > bytes.length) return 0;
  return isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
}
