/**
 * EXIF's UserComment: eight bytes that name the encoding, then the text. A1111, and what follows it, writes
 * `UNICODE` and UTF-16 with the high byte first, whatever the byte order of the rest.
 */

const UNICODE = "UNICODE\0";
const BOMS: readonly (readonly [first: number, second: number, isLittle: boolean])[] = [
  [0xff, 0xfe, true],
  [0xfe, 0xff, false],
];

export function writeUserComment(text: string): Buffer {
  return Buffer.concat([Buffer.from(UNICODE, "latin1"), Buffer.from(text, "utf16le").swap16()]);
}

/** Reads what is written by the rules and what others make of them: UTF-8 under any name, UTF-16 in either order. */
export function readUserComment(data: Buffer): string {
  const name = data.toString("latin1", 0, 8);
  if (name === UNICODE) return readUtf16(data.subarray(8));
  const hasName = name === "ASCII\0\0\0" || name === "JIS\0\0\0\0\0" || name === "\0".repeat(8);
  const body = hasName ? data.subarray(8) : data;
  return looksLikeUtf16(body) ? readUtf16(body) : trimNuls(body.toString("utf8"));
}

function readUtf16(body: Buffer): string {
  const even = body.subarray(0, body.length - (body.length % 2));
  const bom = BOMS.find(([first, second]) => even[0] === first && even[1] === second);
  // Most prompts have letters below 256: their high bytes, which are 0, tell the order.
  const isLittle = bom?.[2] ?? zerosAt(even, 1) > zerosAt(even, 0);
  const text = bom === undefined ? even : even.subarray(2);
  return trimNuls((isLittle ? text : Buffer.from(text).swap16()).toString("utf16le"));
}

function looksLikeUtf16(body: Buffer): boolean {
  if (BOMS.some(([first, second]) => body[0] === first && body[1] === second)) return true;
  return Math.max(zerosAt(body, 0), zerosAt(body, 1)) > 0.3 * (Math.min(body.length, 4096) / 2);
}

/** How many of the first bytes at even (0) or odd (1) places are zero. */
function zerosAt(body: Buffer, parity: 0 | 1): number {
  let zeros = 0;
  for (let at = parity; at < Math.min(body.length, 4096); at += 2) if (body[at] === 0) zeros++;
  return zeros;
}

/** Fixed-size fields are filled up with them. */
function trimNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
